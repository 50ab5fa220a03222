package debezium_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/outbox"
)

const contextHeader = "__debezium.context."

// published are records as both make them, in the order of their partition.
type published struct {
	relay, debezium []string
	kept            map[string]string // of the relay, by id
}

// read sorts a twin's records by who published them: Debezium's have headers of its own.
func (s *stage) read(w twin) published {
	s.Helper()
	got := published{kept: map[string]string{}}
	for _, topic := range w.topics {
		var records []bus.Record
		for record, err := range s.bus.Read(s.Context(), bus.Topic(s.named(w, topic)), bus.Earliest, bus.UntilEnd()) {
			if err != nil {
				s.Fatal(err)
			}
			records = append(records, record)
		}
		for i, record := range records {
			if record.Key == nil && !placesPartition(w) {
				records[i].Partition = -1 // anybody's
			}
		}
		slices.SortStableFunc(records, func(a, b bus.Record) int { return int(a.Partition) - int(b.Partition) })
		for _, record := range records {
			own := slices.DeleteFunc(slices.Clone(record.Headers), func(h bus.Header) bool { return strings.HasPrefix(h.Key, contextHeader) })
			theirs := len(own) < len(record.Headers)
			record.Headers = own
			id, _ := own.Get("id")
			_, kept := w.kept[strings.Trim(id, `"`)]
			switch {
			case theirs, w.alike && slices.Contains(got.relay, render(w, record)):
				got.debezium = append(got.debezium, render(w, record))
			case kept:
				got.kept[id] = null(record.Value)
			default:
				got.relay = append(got.relay, render(w, record))
			}
		}
	}
	return got
}

func null(value []byte) string {
	if value == nil {
		return "NULL"
	}
	return string(value)
}

func placesPartition(w twin) bool {
	return strings.Contains(w.config["router.table.fields.additional.placement"], ":partition")
}

// render shows all of a record that must be equal.
func render(w twin, r bus.Record) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %d key %q value %q", r.Topic, r.Partition, null(r.Key), null(r.Value))
	if w.config["router.table.field.event.timestamp"] != "" {
		fmt.Fprintf(&text, " time %d", r.Time.UnixMilli())
	}
	for _, h := range r.Headers {
		fmt.Fprintf(&text, " %s=%q", h.Key, null(h.Value))
	}
	return text.String()
}

// TestRecordsEqualDebezium writes the same rows for a relay and for Debezium, under each configuration.
func TestRecordsEqualDebezium(t *testing.T) { //nolint:tparallel // its parts are quick, and the servers end with the test
	t.Parallel()
	s := newStage(t)
	twins := slices.Concat(converterTwins(), placementTwins(), routeTwins(), expansionTwins(), failureTwins(),
		[]twin{s.recommendedTwin(), s.recommendedTwin(outbox.LogOnly())})
	for _, w := range twins {
		s.prepare(w)
		s.deploy(w)
	}
	s.relays(twins...)
	for _, w := range twins {
		s.ready(w)
	}
	for _, w := range twins {
		for _, row := range w.rows {
			s.exec(s.named(w, row))
		}
		if w.write != nil {
			w.write(w)
		}
	}
	for _, w := range twins {
		t.Run(w.name, func(t *testing.T) {
			inner := *s
			inner.T = t
			inner.compare(w)
		})
	}
}

// ready waits until both read their slots, so that both see every row.
func (s *stage) ready(w twin) {
	s.Helper()
	s.until(w.name+" is read by both", func() bool {
		if _, err := servers.Deployed(s.Context(), s.worker, s.named(w, "§")); err != nil {
			s.Fatal(err)
		}
		var readers int
		err := s.pool.QueryRow(s.Context(), "SELECT count(*) FROM pg_replication_slots WHERE active AND slot_name IN ($1::text, $1::text || '_d')",
			s.named(w, "§")).Scan(&readers)
		if err != nil {
			s.Fatal(err)
		}
		return readers == 2
	})
}

func (s *stage) compare(w twin) {
	s.Helper()
	var got published
	ticks := 0
	s.until("the records", func() bool {
		got = s.read(w)
		if _, err := servers.Deployed(s.Context(), s.worker, s.named(w, "§")); err != nil {
			s.Fatal(err)
		}
		ticks++
		done := len(got.relay) >= w.wants && len(got.debezium) >= w.wants && len(got.kept) >= len(w.kept)
		return done || ticks > 300
	})
	for i := range max(len(got.relay), len(got.debezium)) {
		var relay, debezium string
		if i < len(got.relay) {
			relay = got.relay[i]
		}
		if i < len(got.debezium) {
			debezium = got.debezium[i]
		}
		if relay != debezium {
			at := apart(relay, debezium)
			s.Errorf("record %d, from byte %d\n   relay %.300s\ndebezium %.300s", i, at, relay[at:], debezium[at:])
		}
	}
	if len(got.relay) != w.wants {
		s.Errorf("%d records, want %d", len(got.relay), w.wants)
	}
	if !maps.Equal(got.kept, w.kept) {
		s.Errorf("kept %q\nwant %q", got.kept, w.kept)
	}
}

// apart is where two texts begin to differ, less some bytes to show where that is.
func apart(a, b string) int {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	return max(0, at-100)
}
