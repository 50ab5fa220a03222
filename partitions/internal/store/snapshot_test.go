package store_test

import (
	"iter"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/partitions/internal/store"
)

// snapshot is a Range of one shard that has begun, and what it should still yield.
type snapshot struct {
	shard int
	keys  []string
	want  map[string]string
	next  func() (store.Change, error, bool)
	stop  func()
}

// begin begins a Range and takes its first entry, as only then it has begun.
func (m *model) begin(r *rapid.T) {
	if !m.keeps || len(m.snapshots) == 3 {
		r.Skip("memory takes none")
	}
	s := &snapshot{shard: rapid.IntRange(0, 1).Draw(r, "shard")}
	s.want = maps.Clone(m.want[s.shard])
	s.keys = slices.Sorted(maps.Keys(s.want))
	s.next, s.stop = iter.Pull2(m.shards[s.shard].Range(nil, nil))
	m.snapshots = append(m.snapshots, s)
	s.read(r, 1)
}

// goOn reads on in a Range that has begun earlier; whoever is not read to the end is closed there.
func (m *model) goOn(r *rapid.T) {
	if len(m.snapshots) == 0 {
		r.Skip("none has begun")
	}
	i := rapid.IntRange(0, len(m.snapshots)-1).Draw(r, "snapshot")
	if s := m.snapshots[i]; !s.read(r, rapid.SampledFrom([]int{1, 20, 300, 10_000}).Draw(r, "entries")) {
		s.stop()
		m.snapshots = slices.Delete(m.snapshots, i, i+1)
	}
}

func (s *snapshot) read(r *rapid.T, most int) (more bool) {
	for range most {
		entry, err, ok := s.next()
		if err != nil || ok != (len(s.keys) > 0) {
			r.Fatalf("%q, %v, %v, with %d entries to come", entry.Key, err, ok, len(s.keys))
		}
		if !ok {
			return false
		}
		if string(entry.Key) != s.keys[0] || string(entry.Value) != s.want[s.keys[0]] {
			r.Fatalf("%q is next, or has another value; want %q", entry.Key, s.keys[0])
		}
		s.keys = s.keys[1:]
	}
	return true
}

// endSnapshots closes what has begun, before its shard is.
func (m *model) endSnapshots() {
	for _, s := range m.snapshots {
		s.stop()
	}
	m.snapshots = nil
}

// writeOut has what is in memory written, or what was written last let go of.
func (m *model) writeOut(r *rapid.T) {
	if err := store.WriteOut(m.store); err != nil {
		r.Fatal(err)
	}
}
