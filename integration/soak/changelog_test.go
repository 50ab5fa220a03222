package soak_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// logged is told each record of the changelog.
func (o *oracle) logged(shard int32, offset int64, key string, value []byte) {
	l, where := o.shard(shard), fmt.Sprintf("changelog %d@%d", shard, offset)
	switch table, rest, _ := strings.Cut(key, "/"); {
	case key == "!progress":
	case key == "!claim":
		l.claims[offset], l.claim = true, offset
	case table == countsTable:
		var r row
		if err := json.Unmarshal(value, &r); err != nil {
			o.breaks("%s: %s: %v", where, key, err)
		}
		if r.Count <= l.stored[rest] {
			o.breaks("%s: the count of %s goes from %d to %d", where, rest, l.stored[rest], r.Count)
		}
		if r.Token != l.claim {
			o.breaks("%s: written under token %d, and the shard's newest claim is %d", where, r.Token, l.claim)
		}
		l.stored[rest] = r.Count
	case value == nil:
		delete(l.rows, key)
	default:
		l.rows[key] = true
	}
}

// missing is what has not happened yet of what must, or empty.
func (o *oracle) missing() string {
	for _, id := range slices.Sorted(maps.Keys(o.shards)) {
		l := o.shards[id]
		if len(l.steps) > 0 {
			return fmt.Sprintf("shard %d: %d steps have no effect, the first is %s@%d", id, len(l.steps), l.steps[0].Key, l.steps[0].offset)
		}
		if len(l.timers) > 0 {
			first := slices.Min(slices.Collect(maps.Keys(l.timers)))
			return fmt.Sprintf("shard %d: %d timers have not fired, the first is of %s@%d", id, len(l.timers), l.timers[first].Key, first)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(o.count)) {
		if o.idle[key] != o.count[key] {
			return fmt.Sprintf("%s has the count %d, and was last said to be idle at %d", key, o.count[key], o.idle[key])
		}
	}
	return ""
}

// settled holds the tables against the outputs, when nothing runs any more.
func (o *oracle) settled() {
	if missing := o.missing(); missing != "" {
		o.breaks("%s", missing)
	}
	stored := make(map[string]int64)
	for _, id := range slices.Sorted(maps.Keys(o.shards)) {
		l := o.shards[id]
		for key, n := range l.stored {
			if stored[key] != 0 {
				o.breaks("changelog %d: %s is in two shards", id, key)
			}
			stored[key] = n
		}
		for key := range l.rows {
			o.breaks("changelog %d: row %q is left", id, key)
		}
		for token := range l.tokens {
			if !l.claims[token] {
				o.breaks("shard %d: outputs were written under token %d, which is no claim", id, token)
			}
		}
	}
	for key, n := range o.count {
		if stored[key] != n {
			o.breaks("%s has the count %d in the outputs and %d in the changelog", key, n, stored[key])
		}
	}
}
