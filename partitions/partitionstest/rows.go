package partitionstest

import (
	"slices"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// Row is what a table of the group holds for a key, as it is committed: it is read from the changelog and needs no
// running node. A key that several shards have rows of fails the test: see [Rows].
func Row[K comparable, V any](g *Group, table *partitions.Table[K, V], key K) (V, bool) {
	g.world.t.Helper()
	var value V
	found := false
	for shard, rows := range shards(g, table) {
		if v, here := rows[key]; here {
			if found {
				g.world.t.Fatalf("several shards have a row of %v, %d among them: ask partitionstest.Rows for one shard's", key, shard)
			}
			value, found = v, true
		}
	}
	return value, found
}

// Rows are all rows of a table, or those of the shards of some record keys. A key that several of these shards have rows
// of fails the test.
func Rows[K comparable, V any](g *Group, table *partitions.Table[K, V], recordKeys ...string) map[K]V {
	g.world.t.Helper()
	read := shards(g, table)
	var of []int32
	for _, key := range recordKeys {
		of = append(of, shardOf(key, len(read)))
	}
	all := make(map[K]V)
	for shard, rows := range read {
		if len(of) > 0 && !slices.Contains(of, int32(shard)) {
			continue
		}
		for key, v := range rows {
			if _, twice := all[key]; twice {
				g.world.t.Fatalf("several shards have a row of %v: name a record key of the one that is meant", key)
			}
			all[key] = v
		}
	}
	return all
}

// shards reads a table, shard by shard.
func shards[K comparable, V any](g *Group, table *partitions.Table[K, V]) []map[K]V {
	w := g.world
	w.t.Helper()
	if g.name == "" {
		w.t.Fatal("the group has no tables: none of its nodes was started")
	}
	changelogs := make([][]bus.Record, len(w.cluster.PartitionInfos(g.changelog())))
	if len(changelogs) > 0 {
		for record, err := range w.bus.Read(w.t.Context(), bus.Topic(g.changelog()), bus.Earliest, bus.UntilEnd()) {
			if err != nil {
				w.t.Fatalf("read %s: %v", g.changelog(), err)
			}
			changelogs[record.Partition] = append(changelogs[record.Partition], record)
		}
	}
	read := make([]map[K]V, len(changelogs))
	for shard, records := range changelogs {
		var err error
		read[shard], err = table.Rows(func(yield func(bus.Record, error) bool) {
			for _, record := range records {
				if !yield(record, nil) {
					return
				}
			}
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return read
}
