//go:build synctests

package webhooks_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/request"
)

func TestManagement(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		g := s.node.Group()
		made, key, err := s.hooks.Create(s.ctx, g, "", webhooks.Settings{
			URL: "http://a.example.com", Description: "first", Scheme: webhooks.V1a, Headers: map[string]string{"X-Key": "hidden"},
		})
		if err != nil || made.Tenant != "acme" || !made.Enabled || made.PublicKey != key.Public().Reveal() ||
			!slices.Equal(made.HeaderNames, []string{"X-Key"}) {
			s.t.Fatalf("%+v, %v", made, err)
		}
		updated, err := s.hooks.Update(s.ctx, g, made.ID, webhooks.Settings{
			URL: "http://b.example.com", Types: []string{"order.placed"},
			Ordered: true,
		})
		if err != nil || updated.URL != "http://b.example.com" || updated.Ordered || updated.Scheme != webhooks.V1a || len(updated.HeaderNames) != 1 {
			s.t.Errorf("%+v, %v", updated, err)
		}
		s.send("msg_1")
		s.world.Advance(2 * time.Second)
		if got := s.net.at("b.example.com"); len(got) != 1 || got[0].header.Get("X-Key") != "hidden" {
			s.t.Errorf("%+v", got)
		}
		if updated, err = s.hooks.Update(s.ctx, g, made.ID,
			webhooks.Settings{URL: "http://b.example.com", Headers: map[string]string{}}); err != nil || updated.HeaderNames != nil {
			s.t.Errorf("%+v, %v", updated, err)
		}
		if off, err := s.hooks.Disable(s.ctx, g, made.ID, "for now"); err != nil || off.Enabled || off.Disabled != "for now" {
			s.t.Errorf("%+v, %v", off, err)
		}
		s.send("msg_2")
		s.world.Advance(2 * time.Second)
		if got := s.net.at("b.example.com"); len(got) != 1 {
			s.t.Errorf("%v arrived", ids(got))
		}
		if rotated, err := s.hooks.Rotate(s.ctx, g, made.ID, 0); err != nil || rotated.Public().Reveal() == key.Public().Reveal() {
			s.t.Error(err)
		}
		if err := s.hooks.Delete(s.ctx, g, made.ID); err != nil {
			s.t.Error(err)
		}
		for what, err := range map[string]error{
			"delete": s.hooks.Delete(s.ctx, g, made.ID), "enable": second(s.hooks.Enable(s.ctx, g, made.ID)),
			"rotate": second(s.hooks.Rotate(s.ctx, g, made.ID, 0)),
			"update": second(s.hooks.Update(s.ctx, g, made.ID, webhooks.Settings{URL: "http://a.example.com"})),
			"look":   second(s.hooks.Endpoint(s.ctx, g, made.ID)), "log": second(s.hooks.Log(s.ctx, g, "none")),
			"test": second(s.hooks.Test(s.ctx, g, "none", webhooks.Event{})),
		} {
			if !errors.Is(err, webhooks.ErrNoEndpoint) {
				s.t.Errorf("%s what is not there: %v", what, err)
			}
		}
		s.create("a.example.com")
		if _, _, err := s.hooks.Create(s.ctx, g, "at-a", webhooks.Settings{URL: "http://a.example.com"}); !errors.Is(err, webhooks.ErrExists) {
			s.t.Error(err)
		}
		s.create("b.example.com")
		if _, _, err := s.hooks.Create(s.ctx, g, "", webhooks.Settings{URL: "http://a.example.com"}); !errors.Is(err, webhooks.ErrTooMany) {
			s.t.Error(err)
		}
		want := []string{"created", "disabled", "rotated", "deleted", "created", "created"}
		if kinds := s.notices(); len(kinds) != len(want) {
			s.t.Errorf("%v was told", kinds)
		}
	}, webhooks.MaxEndpoints(2))
}

func second[T any](_ T, err error) error { return err }

// TestWrongSettings refuses them in the process that asks, and on the shard where that has another guard.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		strict := s.define(webhooks.Through(guard(s.t)))
		for name, change := range map[string]func(*webhooks.Settings){
			"scheme":      func(w *webhooks.Settings) { w.Scheme = "v2" },
			"address":     func(w *webhooks.Settings) { w.URL = "http://127.0.0.1/" },
			"description": func(w *webhooks.Settings) { w.Description = strings.Repeat("x", 201) },
			"type":        func(w *webhooks.Settings) { w.Types = []string{"order*"} },
			"types":       func(w *webhooks.Settings) { w.Types = slices.Repeat([]string{"a"}, 101) },
			"rate":        func(w *webhooks.Settings) { w.Rate = -1 },
			"header":      func(w *webhooks.Settings) { w.Headers = map[string]string{"Host": "x"} },
			"signature":   func(w *webhooks.Settings) { w.Headers = map[string]string{"webhook-signature": "x"} },
			"name":        func(w *webhooks.Settings) { w.Headers = map[string]string{"X Y": "x"} },
			"value":       func(w *webhooks.Settings) { w.Headers = map[string]string{"X": "a\r\nY: b"} },
		} {
			settings := webhooks.Settings{URL: "http://a.example.com"}
			change(&settings)
			if _, _, err := s.hooks.Create(s.ctx, s.node.Group(), "", settings); !errors.Is(err, webhooks.ErrSettings) ||
				strings.Contains(err.Error(), "b\r\n") {
				s.t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := strict.Create(s.ctx, s.node.Group(), "", webhooks.Settings{URL: "http://a.example.com"}); !errors.Is(err,
			webhooks.ErrSettings) {
			s.t.Error(err)
		}
		for _, id := range []string{"a/b", strings.Repeat("x", 65)} {
			if _, _, err := s.hooks.Create(s.ctx, s.node.Group(), id, webhooks.Settings{URL: "http://a.example.com"}); !errors.Is(err,
				webhooks.ErrSettings) {
				s.t.Errorf("the id %q: %v", id, err)
			}
		}
		for name, e := range map[string]webhooks.Event{
			"id": {ID: "a.b", Type: "a", Data: []byte("1")}, "type": {Type: "a..b", Data: []byte("1")}, "data": {Type: "a", Data: []byte("{")},
			"size": {Type: "a", Data: []byte(`"` + strings.Repeat("x", 128<<10) + `"`)},
		} {
			if err := s.hooks.Send(s.ctx, s.world.Bus(), e).Err(); err == nil {
				s.t.Errorf("a wrong %s is sent", name)
			}
		}
	})
}

// TestTenants keeps what two tenants have under one id apart.
func TestTenants(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		acme := s.ctx
		s.create("a.example.com")
		s.ctx = request.With(acme, request.Info{Tenant: "acme2"})
		if _, err := s.hooks.Endpoint(s.ctx, s.node.Group(), "at-a"); !errors.Is(err, webhooks.ErrNoEndpoint) {
			s.t.Error(err)
		}
		if _, _, err := s.hooks.Create(s.ctx, s.node.Group(), "at-a", webhooks.Settings{URL: "http://b.example.com"}); err != nil {
			s.t.Error(err)
		}
		s.ctx = request.With(acme, request.Info{})
		if _, _, err := s.hooks.Create(s.ctx, s.node.Group(), "at-a", webhooks.Settings{URL: "http://c.example.com"}); err != nil {
			s.t.Error(err)
		}
		s.send("none")
		s.ctx = acme
		s.send("acme")
		s.world.Advance(2 * time.Second)
		for host, want := range map[string][]string{"a.example.com": {"acme"}, "b.example.com": nil, "c.example.com": {"none"}} {
			if got := ids(s.net.at(host)); !slices.Equal(got, want) {
				s.t.Errorf("%s got %v", host, got)
			}
		}
		for _, tenant := range []request.Tenant{"acme", "acme2", ""} {
			list, err := s.hooks.List(request.With(acme, request.Info{Tenant: tenant}), s.node.Group())
			if err != nil || len(list) != 1 || list[0].Tenant != tenant {
				s.t.Errorf("%q has %+v, %v", tenant, list, err)
			}
		}
	})
}
