package debezium_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/outbox"
)

// TestSwitchesLoseNothing hands a slot under load from Debezium to the relay and back to Debezium, as
// deploy/kafka/debezium-outbox.md says. Nothing is lost, nor out of order. The relay repeats no more than what the slot
// did not know to be published when Debezium let go of it, and Debezium likewise.
func TestSwitchesLoseNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := s.recommendedTwin()
	w.name = "switched"
	w.config["slot.name"] = "§"
	s.prepare(w)
	load := s.load(w)

	s.deploy(w)
	s.handled(w, load.wanted())
	s.stop(w)
	from := s.confirmed(w)

	stop := s.relays(w)
	s.handled(w, load.wanted())
	stop()
	back := s.confirmed(w)

	if err := servers.Forget(t.Context(), s.worker, s.named(w, "§")); err != nil {
		t.Fatal(err)
	}
	if err := servers.Resume(t.Context(), s.worker, s.named(w, "§")); err != nil {
		t.Fatal(err)
	}
	s.handled(w, load.wanted())
	load.end()
	s.handled(w, len(load.committed))
	s.check(w, load, from, back)
}

// stop ends the connector's task as the guide says, and waits until nobody reads the slot.
func (s *stage) stop(w twin) {
	s.Helper()
	if err := servers.Stop(s.Context(), s.worker, s.named(w, "§")); err != nil {
		s.Fatal(err)
	}
	s.until("the slot is free", func() (free bool) {
		err := s.pool.QueryRow(s.Context(), "SELECT NOT active FROM pg_replication_slots WHERE slot_name = $1", s.named(w, "§")).Scan(&free)
		if err != nil {
			s.Fatal(err)
		}
		return free
	})
}

// confirmed is where the slot's next reader begins.
func (s *stage) confirmed(w twin) outbox.LSN {
	s.Helper()
	var text string
	err := s.pool.QueryRow(s.Context(), "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = $1",
		s.named(w, "§")).Scan(&text)
	if err != nil {
		s.Fatal(err)
	}
	at, err := outbox.ParseLSN(text)
	if err != nil {
		s.Fatal(err)
	}
	return at
}

// handled waits until that many events are published.
func (s *stage) handled(w twin, wants int) {
	s.Helper()
	s.until(fmt.Sprintf("%d events are published", wants), func() bool {
		if _, err := servers.Deployed(s.Context(), s.worker, s.named(w, "§")); err != nil {
			s.Fatal(err)
		}
		seen := map[string]bool{}
		for _, event := range s.events(w) {
			seen[event.ID()] = true
		}
		return len(seen) >= wants
	})
}

func (s *stage) events(w twin) (events []bus.Record) {
	s.Helper()
	for event, err := range s.bus.Read(s.Context(), bus.Topic(s.named(w, w.topics[0])), bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			s.Fatal(err)
		}
		events = append(events, event)
	}
	slices.SortStableFunc(events, func(a, b bus.Record) int { return int(a.Partition) - int(b.Partition) })
	return events
}

func (s *stage) check(w twin, l *load, from, back outbox.LSN) {
	s.Helper()
	seen, last, repeated, again := map[string]bool{}, map[string]int{}, 0, 0
	for _, event := range s.events(w) {
		id := event.ID()
		was, known := l.committed[id]
		debezium := slices.ContainsFunc(event.Headers, func(h bus.Header) bool { return strings.HasPrefix(h.Key, contextHeader) })
		switch {
		case !known:
			s.Errorf("%s was never committed", id)
		case !seen[id] && was.n < last[was.key]:
			s.Errorf("key %s: %d comes after %d", was.key, was.n, last[was.key])
		case seen[id] && debezium && was.after <= back:
			s.Errorf("Debezium repeats %d of key %s, committed before %s; the slot began at %s", was.n, was.key, was.after, back)
		case seen[id] && debezium:
			again++
		case seen[id] && was.after <= from:
			s.Errorf("the relay repeats %d of key %s, committed before %s; the slot began at %s", was.n, was.key, was.after, from)
		case seen[id]:
			repeated++
		default:
			last[was.key] = was.n
		}
		seen[id] = true
	}
	for id, was := range l.committed {
		if !seen[id] {
			s.Errorf("lost: %s, %d of key %s", id, was.n, was.key)
		}
	}
	s.Logf("%d events, of which the relay repeated %d and Debezium %d", len(l.committed), repeated, again)
}
