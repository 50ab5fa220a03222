package main_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

func TestWebhooks(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			http.Error(w, "no such shop", http.StatusNotFound)
		}
	}))
	t.Cleanup(receiver.Close)
	to := netip.MustParseAddrPort(receiver.Listener.Addr().String())
	guard, err := webhooks.NewGuard(webhooks.AllowHTTP(), webhooks.Ports(to.Port()), webhooks.AllowNets(netip.MustParsePrefix("127.0.0.0/8")))
	if err != nil {
		t.Fatal(err)
	}
	hooks := webhooks.Define("shop", webhooks.Through(guard), webhooks.Shards(2), webhooks.Schedule(), webhooks.Logger(slog.New(slog.DiscardHandler)))
	at, b, stop := grouped(t, "webhooks", "hooks", hooks.Part(), hooks.Contracts()...)
	acme := request.With(t.Context(), request.Info{Tenant: "acme"})
	for id, path := range map[string]string{"good": "/good", "bad": "/bad"} {
		err := bus.ErrNoTopic // until the group has made its topics
		for errors.Is(err, bus.ErrNoTopic) {
			_, _, err = hooks.Create(acme, partitions.Outside(b, "hooks"), id, webhooks.Settings{URL: receiver.URL + path})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := hooks.Send(acme, b, webhooks.Event{ID: "msg_1", Type: "order.placed", Data: json.RawMessage("1")}).Err(); err != nil {
		t.Fatal(err)
	}
	// until waits for what a command prints.
	until := func(want string, args ...string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; {
			out, errs, _ := command(t, "", append([]string{"webhooks", "--kafka", at}, args...)...)
			if strings.Contains(out, want) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%v: %s%s", args, out, errs)
			}
		}
	}
	until(`"endpoints":2,"disabled":0,"failing":1,"queued":0,"dead":1,"sealed":false`, "hooks", "--json")
	until(`"delivered":1`, "show", "hooks", "shop", "good", "--tenant", "acme", "--json")
	for _, step := range []struct {
		in, out, errs string
		code          int
		args          []string
	}{
		{out: "shop      2          0         1        0       1     in the clear\n", args: []string{"hooks"}},
		{out: "1 failures", args: []string{"list", "hooks", "shop", "--failing"}},
		{out: "… and 1 more", args: []string{"list", "hooks", "shop", "-n", "1"}},
		{out: `"id":"good","tenant":"acme","url":"http://127.0.0.1`, args: []string{"list", "hooks", "shop", "--tenant", "acme", "--json"}},
		{errs: "has no other", code: 1, args: []string{"list", "hooks", "other"}},
		{out: "rate           unlimited\n", args: []string{"show", "hooks", "shop", "good", "--tenant", "acme"}},
		{errs: `no endpoint "good" of the tenant ""`, code: 1, args: []string{"show", "hooks", "shop", "good"}},
		{out: "no such shop", args: []string{"attempts", "hooks", "shop", "bad", "--tenant", "acme"}},
		{out: `"status":404`, args: []string{"attempts", "hooks", "shop", "bad", "--tenant", "acme", "--json"}},
		{out: "all attempts have failed", args: []string{"dead", "hooks", "shop", "bad", "--tenant", "acme"}},
		{out: "200 in", args: []string{"test", "hooks", "shop", "good", "--tenant", "acme"}},
		{
			in: `{"id":1}`, out: "no such shop", errs: "does not take the test: 404", code: 1,
			args: []string{"test", "hooks", "shop", "bad", "-", "--tenant", "acme"},
		},
		{out: `"status":200`, args: []string{"test", "hooks", "shop", "good", "--tenant", "acme", "--json", "--type", "a.b"}},
		{errs: "is not JSON", code: 2, args: []string{"test", "hooks", "shop", "good", "{", "--tenant", "acme"}},
		{out: "whsec_", args: []string{"rotate", "hooks", "shop", "good", "--tenant", "acme"}},
		{errs: "overlap", code: 1, args: []string{"rotate", "hooks", "shop", "good", "--tenant", "acme", "--overlap", "-1h"}},
		{out: "bad is disabled\n", args: []string{"disable", "hooks", "shop", "bad", "--tenant", "acme", "--reason", "broken"}},
		{out: "reason         broken\n", args: []string{"show", "hooks", "shop", "bad", "--tenant", "acme"}},
		{out: "bad ", args: []string{"list", "hooks", "shop", "--disabled"}},
		{out: `"enabled":true`, args: []string{"enable", "hooks", "shop", "bad", "--tenant", "acme", "--json"}},
		{errs: "--since", code: 2, args: []string{"replay", "hooks", "shop", "bad", "--tenant", "acme"}},
		{errs: "--until", code: 2, args: []string{"replay", "hooks", "shop", "bad", "--tenant", "acme", "--since", "1h", "--until", "noon"}},
		{out: "1 events", args: []string{"replay", "hooks", "shop", "good", "--tenant", "acme", "--since", "1h", "--event", "msg_1"}},
		{out: `{"sent":1}`, args: []string{"replay", "hooks", "shop", "bad", "--tenant", "acme", "--since", "1h", "--dead", "--json"}},
	} {
		out, errs, code := command(t, step.in, append([]string{"webhooks", "--kafka", at}, step.args...)...)
		if code != step.code || !strings.Contains(out, step.out) || !strings.Contains(errs, step.errs) {
			t.Errorf("webhooks %v: %d, %s%s", step.args, code, out, errs)
		}
	}
	until(`"delivered":2`, "show", "hooks", "shop", "good", "--tenant", "acme", "--json")
	until(`"dead":2`, "show", "hooks", "shop", "bad", "--tenant", "acme", "--json")
	stop()
}
