//go:build synctests && !race

package sagas_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// TestHundredThousandSleepers measures the memory that a sleeping saga takes on its node, whose tables are in memory: what is free once the
// node has stopped.
func TestHundredThousandSleepers(t *testing.T) { //nolint:paralleltest // the memory of others would be measured
	const count, most = 100_000, 1500
	flow := sagas.Define("hundred", func(s *sagas.Saga, n int) (int, error) { return n, s.Sleep(24 * time.Hour) })
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		for i := range count {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		w.Advance(time.Minute)
		expect(t, g, flow, id(count-1), sagas.Waiting)
		with := heap()
		node.Stop()
		w.Advance(time.Minute)
		each := (with - heap()) / count
		t.Logf("%d bytes a sleeper", each)
		if each < 100 || each > most {
			t.Errorf("%d bytes for each of %d sagas that sleep, where up to %d are said", each, count, most)
		}
	})
}
