package machinestest

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/machines"
)

// Explore lets random events happen to new instances, a hundred sequences of up to fifty unless -rapid.checks says
// otherwise, and asks after each whether what should hold holds. payloads makes the next event, and may look at the
// instance to make one that fits. It fails the test with a short sequence that breaks something, and when a transition of
// the definition was never made, since nothing is known of it then.
func Explore[S, E ~string, D any](
	t *testing.T, m *machines.Machine[S, E, D],
	payloads func(*rapid.T, machines.Instance[S, D]) machines.Payload[E],
	holds func(was, is machines.Instance[S, D], published machines.Effects) error,
) {
	t.Helper()
	if err := m.Err(); err != nil {
		t.Fatal(err)
	}
	made := make(map[machines.Edge[S, E]]bool)
	rapid.Check(t, func(r *rapid.T) {
		i := machines.Instance[S, D]{ID: "test", State: m.Start(), At: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
		for range rapid.IntRange(1, 50).Draw(r, "events") {
			payload := payloads(r, i)
			next, published, err := m.Decide(i, payload)
			if err != nil && !errors.Is(err, machines.ErrNotAllowed) {
				r.Fatal(err)
			}
			if err == nil {
				made[machines.Edge[S, E]{From: i.State, Event: payload.Event(), To: next.State}] = true
			}
			if err := holds(i, next, published); err != nil {
				r.Fatalf("%s in %q, which leads to %q: %v", payload.Event(), i.State, next.State, err)
			}
			i = next
			i.At = i.At.Add(time.Second)
		}
	})
	for _, edge := range m.Edges() {
		if !made[edge] {
			t.Errorf("no event has led from %q by %s to %q: make events that do", edge.From, edge.Event, edge.To)
		}
	}
}
