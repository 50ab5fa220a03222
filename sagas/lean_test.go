//go:build synctests

package sagas_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestLastEntry ends a saga: what its last step has done is kept with its result, and not written to a journal that is gone with it.
func TestLastEntry(t *testing.T) {
	t.Parallel()
	step := sagas.NewStep("add", func(_ context.Context, n int) (int, error) { return n + 1, nil }, nil)
	flow := sagas.Define("lean", func(s *sagas.Saga, n int) (int, error) {
		n, err := sagas.Do(s, step, n)
		if err != nil {
			return 0, err
		}
		return sagas.Do(s, step, n)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		past, err := flow.Handle(node.Group(), "1").History(t.Context())
		if err != nil || len(past.Entries) != 2 || string(past.Result) != "3" {
			t.Errorf("%+v, %v", past, err)
		}
		var pages []string
		for record, err := range w.Bus().Read(t.Context(), "bank.changelog", bus.Earliest, bus.UntilEnd()) {
			if err != nil {
				t.Fatal(err)
			}
			if _, page, is := strings.Cut(string(record.Key), ".journal/"); is {
				pages = append(pages, strings.ReplaceAll(page, "\x00", "#"))
			}
		}
		if want := []string{"/1#", "/1#1", "/1#", "/1#1"}; !slices.Equal(pages, want) {
			t.Errorf("pages of the journal are written and deleted: %q", pages)
		}
	})
}

// TestRoomOfAStartThatFails starts a saga that fits no row where there is room for one: others have that room.
func TestRoomOfAStartThatFails(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("tiny", func(_ *sagas.Saga, in string) (string, error) { return in, nil }, sagas.Room(1))
	large := bus.Define("tiny.start", func(string) string { return "large" }, bus.InTopic("tiny.calls"))
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(large.New(strings.Repeat("x", 999_950)))
		w.Settle()
		for i := range 20 {
			w.Publish(flow.New(id(i), "small"))
		}
		w.Settle()
		for i := range 20 {
			expect(t, g, flow, id(i), sagas.Completed)
		}
	})
}
