//go:build synctests

package sagas_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/sagastest"
)

var link = sagas.NewQuery[string]("link")

func confirming() *sagas.Flow[int, string] {
	return sagas.Define("confirm", func(s *sagas.Saga, _ int) (string, error) {
		first, second := sagas.NewToken[string](s, "paid"), sagas.NewToken[string](s, "paid")
		link.Show(s, first.String()+" "+second.String())
		a, err := first.Wait(s, time.Hour)
		if err != nil {
			return "", err
		}
		b, err := second.Wait(s, time.Hour)
		return a + b, err
	})
}

// TestToken completes tokens from outside: early, twice, out of order, and by texts that are none.
func TestToken(t *testing.T) {
	t.Parallel()
	flow := confirming()
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		ctx := request.With(t.Context(), request.Info{Tenant: "acme"})
		if err := flow.Start(ctx, w.Bus(), "1", 1).Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		shown, err := link.Of(ctx, flow.Handle(node.Group(), "1"))
		if err != nil {
			t.Fatal(err)
		}
		tokens := strings.Fields(shown)
		for _, wrong := range []string{"", "a", tokens[0][2:], tokens[0][:20]} {
			if err := sagas.Complete(t.Context(), w.Bus(), wrong, "x"); !errors.Is(err, sagas.ErrToken) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		if err := sagas.NewSignal[string]("paid").Send(ctx, w.Bus(), flow, "1", "guessed").Err(); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(sagas.Complete(t.Context(), w.Bus(), tokens[1], "two"),
			sagas.Complete(t.Context(), w.Bus(), tokens[1], "again")); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		node.Crash()
		node.Restart()
		w.Settle()
		d, err := flow.Handle(node.Group(), "1").Describe(ctx)
		if err != nil || len(d.Waits) != 1 || d.Waits[0].Name != "paid" {
			t.Errorf("%+v, %v", d, err)
		}
		if err := sagas.Complete(t.Context(), w.Bus(), tokens[0], "one"); err != nil {
			t.Fatal(err)
		}
		if out, err := flow.Handle(node.Group(), "1").Result(ctx); out != "onetwo" || err != nil {
			t.Errorf("%q, %v", out, err)
		}
		h, err := flow.Handle(node.Group(), "1").History(ctx)
		if err != nil || len(h.Entries) != 2 || h.Entries[0].Name != "paid" {
			t.Errorf("%+v, %v", h, err)
		}
		run := sagastest.Run(t, flow, 1, sagastest.Signal(sagas.NewSignal[string]("paid"), time.Minute, "x"),
			sagastest.Signal(sagas.NewSignal[string]("paid"), time.Minute, "y"))
		if run.Result != "xy" {
			t.Errorf("%+v", run)
		}
	})
}

// TestInbox sends more signals than are kept.
func TestInbox(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("deaf", func(s *sagas.Saga, _ int) (string, error) {
		if err := s.Sleep(time.Minute); err != nil {
			return "", err
		}
		return sagas.Await(s, said, time.Minute)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("1", 1))
		for i := range 1003 {
			w.Publish(said.New(flow, "1", id(i)))
		}
		w.Settle()
		if refused := partitionstest.Events(w, flow.Refusals()); len(refused) != 3 {
			t.Errorf("%d were refused", len(refused))
		}
		if out, err := flow.Handle(node.Group(), "1").Result(t.Context()); out != "0" || err != nil {
			t.Errorf("%s, %v", out, err)
		}
	})
}
