package bank_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/examples/bank"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations/durable"
)

// TestRoutes withdraws by HTTP from two nodes.
func TestRoutes(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "bank.deposits", Partitions: 4}); err != nil {
		t.Fatal(err)
	}
	var nodes []http.Handler
	for _, id := range []string{"one", "two"} {
		group, _ := node(t, b, id)
		routes, err := bank.Routes(group, slog.New(slog.DiscardHandler), func(_ context.Context, to durable.Access) error {
			if to.ID == "vault" {
				return &httpapi.Problem{Status: http.StatusForbidden, Detail: "nobody takes from the vault"}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, routes)
	}
	post := func(node int, path, body, key string) (int, string) {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/account/"+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			if key != "" {
				r.Header.Set("Idempotency-Key", key)
			}
			answer := httptest.NewRecorder()
			nodes[node].ServeHTTP(answer, r)
			if answer.Code < http.StatusInternalServerError || time.Now().After(end) {
				return answer.Code, strings.TrimSpace(answer.Body.String())
			}
		}
	}
	if err := b.Publish(t.Context(), bank.Deposited.New(bank.Amount{Account: "ada", Cents: 9})).Err(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) { // until the deposit is there
		if _, text := post(0, "ada/balance", "", ""); text == `{"cents":9}` {
			break
		} else if time.Now().After(end) {
			t.Fatal(text)
		}
	}
	for i, test := range []struct {
		node            int
		path, body, key string
		status          int
		says            string
	}{
		{0, "ada/withdraw", `{"cents":4}`, "k1", 200, `{"cents":5}`},
		{1, "ada/withdraw", `{"cents":4}`, "k1", 200, `{"cents":5}`},
		{1, "ada/withdraw", `{"cents":6}`, "k2", 409, `"code":"poor"`},
		{0, "ada/withdraw", `{"cents":0}`, "k3", 422, `"#/cents"`},
		{0, "vault/withdraw", `{"cents":1}`, "k4", 403, "nobody takes"},
		{0, "ada/balance", ``, "", 200, `{"cents":5}`},
	} {
		if status, text := post(test.node, test.path, test.body, test.key); status != test.status || !strings.Contains(text, test.says) {
			t.Errorf("%d: %d %s, want %d %s", i, status, text, test.status, test.says)
		}
	}
}
