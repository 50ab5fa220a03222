package store_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/partitions/internal/store"
)

// model is a store with two shards beside what it should hold.
type model struct {
	open   func() store.Store
	keeps  bool
	store  store.Store
	shards [2]store.Shard
	want   [2]map[string]string
	at     [2]store.Position
	next   int64

	snapshots []*snapshot
}

func TestModel(t *testing.T) {
	t.Parallel()
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open, keeps := kind(t)
			kept := open()
			defer func() { kept.Close() }()
			rapid.Check(t, func(r *rapid.T) {
				m := &model{open: open, keeps: keeps, store: kept}
				defer func() { kept = m.store }()
				for i := range m.shards {
					if err := m.store.Drop(int32(i)); err != nil { // what the check before has left
						r.Fatal(err)
					}
					m.want[i] = map[string]string{}
					m.shards[i] = openShard(t, m.store, int32(i))
					defer func() { m.shards[i].Close() }()
				}
				defer m.endSnapshots()
				r.Repeat(map[string]func(*rapid.T){
					"apply": m.apply, "apply to both": m.applyToBoth, "get": m.get, "range": m.scan,
					"wipe": m.wipe, "reopen": m.reopen, "write": m.writeOut, "begin": m.begin, "go on": m.goOn, "": m.check,
				})
			})
		})
	}
}

// keys are few and short, so that they meet, or begin alike and have every byte.
func keys() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[ab]{0,3}`),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 3), func(b []byte) string { return "table/" + string(b) }),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 255}), 0, 5), func(b []byte) string { return string(b) }),
	)
}

func (m *model) batch(r *rapid.T, shard int) store.Batch {
	var changes []store.Change
	for range rapid.SampledFrom([]int{0, 1, 3, 40, 700}).Draw(r, "changes") {
		key := []byte(keys().Draw(r, "key"))
		if rapid.IntRange(0, 3).Draw(r, "delete") == 0 {
			changes = append(changes, store.Change{Key: key})
			delete(m.want[shard], string(key))
			continue
		}
		value := bytes.Repeat([]byte{rapid.Byte().Draw(r, "byte")}, rapid.SampledFrom([]int{0, 1, 8, 90, 5000}).Draw(r, "size"))
		changes = append(changes, store.Change{Key: key, Value: append([]byte{}, value...)})
		m.want[shard][string(key)] = string(value)
	}
	m.next += int64(len(changes)) + 1
	m.at[shard] = at(m.next)
	return store.Batch{Shard: int32(shard), Changes: changes, At: m.at[shard]}
}

func (m *model) apply(r *rapid.T) {
	shard := rapid.IntRange(0, 1).Draw(r, "shard")
	batch := m.batch(r, shard)
	if err := m.shards[shard].Apply(batch.Changes, batch.At); err != nil {
		r.Fatal(err)
	}
}

func (m *model) applyToBoth(r *rapid.T) {
	if err := m.store.Apply(m.batch(r, 1), m.batch(r, 0)); err != nil {
		r.Fatal(err)
	}
}

func (m *model) get(r *rapid.T) {
	shard, key := rapid.IntRange(0, 1).Draw(r, "shard"), keys().Draw(r, "key")
	value, found, err := m.shards[shard].Get([]byte(key))
	want, known := m.want[shard][key]
	if err != nil || found != known || string(value) != want {
		r.Fatalf("%q is %q, %v, %v; want %q, %v", key, value, found, err, want, known)
	}
}

func (m *model) scan(r *rapid.T) {
	shard, from, to := rapid.IntRange(0, 1).Draw(r, "shard"), keys().Draw(r, "from"), []byte(keys().Draw(r, "to"))
	if rapid.Bool().Draw(r, "to the end") {
		to = nil
	}
	limit := rapid.SampledFrom([]int{3, 10_000}).Draw(r, "limit")
	var want []string
	for _, key := range slices.Sorted(maps.Keys(m.want[shard])) {
		if key >= from && (to == nil || key < string(to)) && len(want) < limit {
			want = append(want, key)
		}
	}
	var got []string
	for entry, err := range m.shards[shard].Range([]byte(from), to) {
		if err != nil || string(entry.Value) != m.want[shard][string(entry.Key)] {
			r.Fatalf("%q: %v, or another value", entry.Key, err)
		}
		if got = append(got, string(entry.Key)); len(got) == limit {
			break
		}
	}
	if !slices.Equal(got, want) {
		r.Fatalf("[%q, %q): %q, want %q", from, to, got, want)
	}
}

func (m *model) wipe(r *rapid.T) {
	shard := rapid.IntRange(0, 1).Draw(r, "shard")
	if err := m.shards[shard].Wipe(); err != nil {
		r.Fatal(err)
	}
	m.want[shard], m.at[shard] = map[string]string{}, store.Position{}
}

func (m *model) reopen(r *rapid.T) {
	m.endSnapshots()
	if m.keeps && rapid.IntRange(0, 5).Draw(r, "the store") == 0 {
		if err := m.store.Close(); err != nil {
			r.Fatal(err)
		}
		m.store = m.open()
	} else {
		for _, shard := range m.shards {
			if err := shard.Close(); err != nil {
				r.Fatal(err)
			}
		}
	}
	for i := range m.shards {
		var err error
		if m.shards[i], err = m.store.Open(int32(i)); err != nil {
			r.Fatal(err)
		}
	}
}

func (m *model) check(r *rapid.T) {
	listed, err := m.store.Shards()
	if err != nil {
		r.Fatal(err)
	}
	for i, shard := range m.shards {
		position, known := shard.Position()
		in, isListed := listed[int32(i)]
		if position != m.at[i] || known != (m.at[i] != store.Position{}) || in != position || isListed != known {
			r.Fatalf("shard %d is at %v, %v, listed at %v, want %v", i, position, known, in, m.at[i])
		}
		if size, err := shard.Size(); err != nil || size.Entries >= 0 && size.Entries != int64(len(m.want[i])) {
			r.Fatalf("shard %d: %v, %v, want %d entries", i, size, err, len(m.want[i]))
		}
	}
}
