package partitions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

func TestDefinitionErrors(t *testing.T) {
	t.Parallel()
	type point struct{ X, Y int }
	records := partitions.OnRecord("in", func(*partitions.Tx, bus.Record) error { return nil })
	timer := partitions.NewTimer("again", func(*partitions.Tx, string) error { return nil })
	for name, test := range map[string]struct {
		options []partitions.Option
		want    string
	}{
		"nothing to do":   {nil, "pass partitions.On"},
		"nil option":      {[]partitions.Option{nil}, "an option is nil"},
		"nil among them":  {[]partitions.Option{partitions.Options(records, nil)}, "an option is nil"},
		"nil handler":     {[]partitions.Option{partitions.OnRecord("in", nil)}, "handler of in is nil"},
		"two handlers":    {[]partitions.Option{records, records}, "two handlers"},
		"table name":      {[]partitions.Option{records, partitions.Use(partitions.NewTable[string, int]("A b"))}, "table \"A b\": the name must be"},
		"table codec":     {[]partitions.Option{records, partitions.Use(partitions.NewTable[string, int]("t", partitions.Values(bus.JSON[string]())))}, "for another type"},
		"table ttl":       {[]partitions.Option{records, partitions.Use(partitions.NewTable[string, int]("t", partitions.TTL(time.Millisecond)))}, "at least 1s"},
		"table version":   {[]partitions.Option{records, partitions.Use(partitions.NewTable[string, int]("t", partitions.Versioned(0, nil)))}, "at least 1"},
		"peer secret":     {[]partitions.Option{records, partitions.PeerSecret([]byte("short"))}, "fewer than 32"},
		"standbys":        {[]partitions.Option{records, partitions.Standbys(17)}, "standbys 17"},
		"table key":       {[]partitions.Option{records, partitions.Use(partitions.NewTable[point, int]("points"))}, "cannot be a key"},
		"two of one name": {[]partitions.Option{records, partitions.Use(timer, timer, partitions.NewTimer("again", func(*partitions.Tx, string) error { return nil }))}, `called "again"`},
		"timer handler":   {[]partitions.Option{records, partitions.Use(partitions.NewTimer[string]("x", nil))}, "handler is nil"},
		"weight":          {[]partitions.Option{records, partitions.Weight(101)}, "weight 101"},
		"lanes":           {[]partitions.Option{records, partitions.Lanes(0)}, "lanes 0"},
		"batch":           {[]partitions.Option{records, partitions.MaxBatch(0)}, "batch 0"},
		"session":         {[]partitions.Option{records, partitions.SessionTimeout(time.Millisecond)}, "session timeout"},
		"node":            {[]partitions.Option{records, partitions.NodeID("a b")}, "node id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := partitions.New(new(bus.Bus), "group", test.options...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
	if _, err := partitions.New(nil, "group", records); err == nil {
		t.Error("a group without a bus is no error")
	}
	if _, err := partitions.New(new(bus.Bus), "no good", records); err == nil {
		t.Error("a wrong name is no error")
	}
}
