package machinestest

import (
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/machines"
)

// Step is an event, and where it should lead.
type Step[S, E ~string] struct {
	Payload machines.Payload[E]
	// To is the state after the event; that before it where the event should be refused.
	To      S
	Refused bool
}

// Run lets events happen to a new instance, one after another and a second apart, and returns what has become of it and all
// that was published. It fails the test at the first event that ends otherwise than expected.
func Run[S, E ~string, D any](t testing.TB, m *machines.Machine[S, E, D], steps ...Step[S, E]) (machines.Instance[S, D], machines.Effects) {
	t.Helper()
	var published machines.Effects
	i := machines.Instance[S, D]{ID: "test", State: m.Start(), At: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
	for n, step := range steps {
		next, effects, err := m.Decide(i, step.Payload)
		refused := errors.Is(err, machines.ErrNotAllowed)
		if err != nil && !refused || refused != step.Refused || next.State != step.To {
			t.Fatalf("step %d, %s in %q: the state is %q instead of %q, %v", n+1, step.Payload.Event(), i.State, next.State, step.To, err)
		}
		published = append(published, effects...)
		i = next
		i.At = i.At.Add(time.Second)
	}
	return i, published
}
