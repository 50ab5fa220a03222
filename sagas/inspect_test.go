//go:build synctests

package sagas_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestInspect reads sagas as a command does, and finds what their owners say of them.
func TestInspect(t *testing.T) {
	t.Parallel()
	add := sagas.NewStep("add", func(_ context.Context, n int) (int, error) { return n + 1, nil }, nil)
	flow := sagas.Define("inspected", func(s *sagas.Saga, n int) (int, error) {
		for range 20 {
			var err error
			if n, err = sagas.Do(s, add, n); err != nil {
				return 0, err
			}
		}
		if n > 100 {
			if _, err := sagas.Await(s, said, time.Hour); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		g.Start()
		w.Publish(flow.New("done", 1), flow.New("waits", 200))
		w.Settle()
		found, err := sagas.Inspect(t.Context(), w.Bus(), g.Owner("done").Group().Name(), "inspected")
		if err != nil || len(found) != 1 || found[0].Flow != "inspected" || len(found[0].Sagas) != 2 {
			t.Fatalf("%+v, %v", found, err)
		}
		for i, want := range []string{"done", "waits"} {
			handle := flow.Handle(g.Owner(want).Group(), want)
			is, err := handle.Describe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			past, err := handle.History(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := found[0].Sagas[i]
			if text(t, got.Description) != text(t, is) || text(t, got.History) != text(t, past) || len(past.Entries) < 20 {
				t.Errorf("%s is\n%s\n%s\nand is read as\n%s\n%s", want, text(t, is), text(t, past), text(t, got.Description), text(t, got.History))
			}
		}
		if none, err := sagas.Inspect(t.Context(), w.Bus(), g.Owner("done").Group().Name(), "other"); err != nil || len(none) != 0 {
			t.Errorf("a flow that is not there: %+v, %v", none, err)
		}
	})
}

func text(t *testing.T, v any) string {
	t.Helper()
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}
