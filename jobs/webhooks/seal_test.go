//go:build synctests

package webhooks_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
)

// TestSecrets looks for secrets in all that Kafka has, in what is logged and in what is told, with keys that seal and with other ones later.
func TestSecrets(t *testing.T) {
	t.Parallel()
	older, newer := webhooks.SealKey{ID: "k1", Secret: bytes.Repeat([]byte("1"), 32)},
		webhooks.SealKey{ID: "k2", Secret: bytes.Repeat([]byte("2"), 32)}
	var logged bytes.Buffer
	logger := webhooks.Logger(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	selling(t, func(s *shop) {
		k := s.create("a.example.com", func(w *webhooks.Settings) { w.Headers = map[string]string{"Authorization": "Bearer hidden"} })
		second, err := s.hooks.Rotate(s.ctx, s.node.Group(), "at-a", time.Hour)
		if err != nil {
			s.t.Fatal(err)
		}
		delivers := func(event string) {
			s.t.Helper()
			before := len(s.net.at("a.example.com"))
			s.send(event)
			s.world.Advance(2 * time.Second)
			got := s.net.at("a.example.com")
			v, err := webhooks.NewVerifier([]string{second.Reveal()}, webhooks.Tolerance(time.Hour))
			if err != nil || len(got) != before+1 {
				s.t.Fatalf("%d arrived, %v", len(got), err)
			}
			last := got[len(got)-1]
			if _, err := v.Verify(last.header, []byte(last.body)); err != nil || last.header.Get("Authorization") != "Bearer hidden" {
				s.t.Errorf("%v: %v", last.header, err)
			}
		}
		delivers("msg_1")
		if _, _, err := webhooks.Define("shop", webhooks.Shards(4), webhooks.Through(guard(s.t, webhooks.AllowHTTP()))).Create(s.ctx,
			s.node.Group(), "clear",
			webhooks.Settings{URL: "http://b.example.com"}); err == nil {
			s.t.Error("a secret in the clear is taken")
		}
		restart := func(opts ...webhooks.Option) {
			s.t.Helper()
			s.node.Stop()
			s.hooks = s.define(append(opts, logger)...)
			s.node.Restart()
			s.world.Settle()
			s.world.Advance(2 * time.Second)
		}
		restart(webhooks.Sealed(newer, older)) // seals anew
		delivers("msg_2")
		restart(webhooks.Sealed(newer))
		delivers("msg_3")
		restart(webhooks.Sealed(older))
		s.send("msg_4")
		s.world.Advance(2 * time.Second)
		if log := s.log("at-a"); log[len(log)-1].Failed != "secret not readable" {
			s.t.Errorf("%+v", log[len(log)-1])
		}
		restart(webhooks.Sealed(newer))
		s.world.Advance(2 * time.Minute)
		if d := s.describe("at-a"); d.Delivered != 4 {
			s.t.Errorf("%+v", d)
		}
		told, err := json.Marshal([]any{s.describe("at-a"), s.log("at-a")})
		if err != nil {
			s.t.Fatal(err)
		}
		topics, err := s.world.Bus().Topics(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		all := [][]byte{told, logged.Bytes()}
		for _, topic := range topics {
			for r, err := range s.world.Bus().Read(s.t.Context(), topic.Name, bus.Earliest, bus.UntilEnd()) {
				if err != nil {
					s.t.Fatal(err)
				}
				all = append(all, r.Value, []byte(fmt.Sprint(r.Headers)))
			}
		}
		for _, secret := range []string{k.Reveal(), second.Reveal(), "Bearer hidden"} {
			bare := strings.TrimPrefix(secret, "whsec_")
			for _, text := range all {
				if bytes.Contains(text, []byte(bare)) || bytes.Contains(text, base64Of(secret)) {
					s.t.Errorf("a secret is told: %.200s", text)
				}
			}
		}
		if strings.Contains(logged.String(), "example.com") || strings.Contains(logged.String(), "msg_") {
			s.t.Errorf("URLs or payloads are logged:\n%s", logged.String())
		}
	}, webhooks.Sealed(older), logger)
}

// base64Of is how text stands in a row.
func base64Of(text string) []byte {
	return []byte(base64.StdEncoding.EncodeToString([]byte(text))[:20])
}
