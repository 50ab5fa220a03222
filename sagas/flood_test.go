//go:build synctests

package sagas_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestTokenFlood completes a token again and again, before it is awaited and after, and tokens that are made up.
func TestTokenFlood(t *testing.T) {
	t.Parallel()
	shown := sagas.NewQuery[string]("token")
	flow := sagas.Define("flood", func(s *sagas.Saga, n int) (string, error) {
		token := sagas.NewToken[string](s, "paid")
		shown.Show(s, token.String())
		if err := s.Sleep(time.Minute); err != nil {
			return "", err
		}
		paid, err := token.Wait(s, time.Minute)
		if err != nil {
			return "", err
		}
		if err := s.Sleep(time.Minute); err != nil {
			return "", err
		}
		heard, err := sagas.Await(s, said, time.Minute)
		if n > 0 {
			return "", sagas.Again(n - 1)
		}
		return paid + heard, err
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("1", 1), flow.New("2", 0))
		w.Settle()
		refused := func(reason string) (n int) {
			for _, r := range partitionstest.Events(w, flow.Refusals()) {
				if strings.Contains(r.Reason, reason) && r.Call == "signal paid" {
					n++
				}
			}
			return n
		}
		complete := func(times int, token string) {
			t.Helper()
			for range times {
				if err := sagas.Complete(t.Context(), w.Bus(), token, "paid"); err != nil {
					t.Fatal(err)
				}
			}
			w.Settle()
		}
		token, err := shown.Of(t.Context(), flow.Handle(node.Group(), "1"))
		if err != nil {
			t.Fatal(err)
		}
		for _, made := range forged(t, token) {
			complete(2, made)
		}
		if n := refused("it is no token of this saga"); n != 6 {
			t.Errorf("%d that were made up were refused", n)
		}
		complete(4, token)
		if n := refused("completed already"); n != 3 {
			t.Errorf("%d were refused before it was awaited", n)
		}
		w.Advance(90 * time.Second)
		complete(4, token)
		if n := refused("completed already"); n != 7 {
			t.Errorf("%d were refused after it was met", n)
		}
		w.Publish(said.New(flow, "1", "hello"))
		w.Advance(time.Minute)
		complete(3, token) // of before the flow has begun anew
		if n := refused("it is no token of this saga"); n != 9 {
			t.Errorf("%d that are too old were refused", n)
		}
		again, err := shown.Of(t.Context(), flow.Handle(node.Group(), "1"))
		if err != nil || again == token {
			t.Fatalf("the same token, %v", err)
		}
		complete(1, again)
		w.Publish(said.New(flow, "1", "world"))
		if out, err := flow.Handle(node.Group(), "1").Result(t.Context()); out != "paidworld" || err != nil {
			t.Errorf("%q, %v", out, err)
		}
	})
}

// forged are tokens that somebody makes of one that was given out: for another name, without its proof, and for another saga.
func forged(t *testing.T, token string) (made []string) {
	t.Helper()
	for _, change := range []func(map[string]string){
		func(is map[string]string) { is["s"] = "paid:" + strings.Repeat("a", 32) },
		func(is map[string]string) { delete(is, "p") },
		func(is map[string]string) { is["i"] = "2" },
	} {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			t.Fatal(err)
		}
		is := make(map[string]string)
		if err := json.Unmarshal(raw, &is); err != nil {
			t.Fatal(err)
		}
		change(is)
		if raw, err = json.Marshal(is); err != nil {
			t.Fatal(err)
		}
		made = append(made, base64.RawURLEncoding.EncodeToString(raw))
	}
	return made
}
