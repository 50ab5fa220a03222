//go:build synctests

package partitions_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
)

// TestDraining stops a node that has something to end: its shards are live until it has done so, and what it writes is there.
func TestDraining(t *testing.T) {
	t.Parallel()
	type said struct {
		ID string `json:"id"`
	}
	event := bus.Define("draining.said", func(s said) string { return s.ID })
	words := partitions.NewTable[string, int]("words")
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		g := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			var g *partitions.Group
			g, err := partitions.New(b, "draining", partitions.Use(words),
				partitions.On(event, func(tx *partitions.Tx, s said) error {
					words.Put(tx, s.ID, 1)
					return nil
				}),
				partitions.Draining(func() {
					<-time.After(5 * time.Second)
					if err := g.Do(t.Context(), "last", func(tx *partitions.Tx) error {
						words.Put(tx, "last", 2)
						return nil
					}); err != nil {
						t.Error(err)
					}
				}))
			return g, err
		})
		node := g.Start()
		w.Publish(event.New(said{"first"}))
		w.Settle()
		began := time.Now()
		node.Stop()
		if took := time.Since(began); took < 5*time.Second || took > 7*time.Second {
			t.Errorf("it has stopped after %s", took)
		}
		if rows := partitionstest.Rows(g, words); rows["first"] != 1 || rows["last"] != 2 {
			t.Errorf("%v", rows)
		}
	}, event)
}
