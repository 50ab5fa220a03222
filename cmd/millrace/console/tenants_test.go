package console_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/cmd/millrace/console"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/request"
)

// TestSectionsOfTenants looks at all sections with credentials of a tenant, of another one, of none, and of all.
func TestSectionsOfTenants(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t, console.Attempted, placed())
	health, err := observe.NewHealth(b.Check())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	secrets := map[string]string{}
	for name, tenant := range map[string]string{"ann": "acme", "bob": "beta", "all": ""} {
		roles := []string{"operator"}
		if tenant == "" {
			roles = append(roles, "all-tenants")
		}
		secret, line, err := console.NewToken(name, roles, tenant)
		if err != nil {
			t.Fatal(err)
		}
		secrets[name], lines = secret, append(lines, line)
	}
	tokens, err := console.ReadTokens(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	c, err := console.New(tokens, console.Config{Bus: b, Health: health, OutboxGroup: "outbox", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "mailer.dlq", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []request.Tenant{"acme", "beta"} {
		records, err := bus.Encode(request.With(t.Context(), request.Info{Tenant: tenant}), placed().New(order{"of-" + string(tenant)}))
		if err != nil {
			t.Fatal(err)
		}
		letter := bus.DeadLetter{Record: records[0], Reason: bus.ReasonPermanent, Error: "no", Attempts: 3}
		if err := b.Publish(t.Context(), letter.Message("mailer")).Err(); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(who, method, path string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(`{"reason":"a test"}`))
		r.Header.Set("Authorization", "Bearer "+secrets[who])
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for who, want := range map[string]int{"bob": http.StatusNotFound, "ann": http.StatusOK} { // the letter of acme
		if status, text := ask(who, "POST", "/api/dead-letters/mailer%2F0@0/discard"); status != want {
			t.Errorf("%s: %d %s", who, status, text)
		}
	}
	for section, ofTenants := range map[string]bool{
		"health": false, "lag": false, "shards": false, "outbox": false, "topics": false, "configuration": false,
		"dead-letters": true, "sagas": true, "machines": true, "jobs": true, "webhooks": true, "push": true, "audit": true,
	} {
		if status, text := ask("all", "GET", "/api/"+section); status != http.StatusOK {
			t.Errorf("%s of all: %d %s", section, status, text)
		}
		for who, other := range map[string]string{"ann": "beta", "bob": "acme"} {
			status, text := ask(who, "GET", "/api/"+section)
			if (status == http.StatusOK) != ofTenants || !ofTenants && status != http.StatusForbidden || strings.Contains(text, other) {
				t.Errorf("%s of %s: %d %s", section, who, status, text)
			}
		}
	}
	if _, text := ask("bob", "GET", "/api/dead-letters"); !strings.Contains(text, "of-beta") {
		t.Errorf("bob sees %s", text)
	}
}
