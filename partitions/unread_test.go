//go:build synctests

package partitions_test

import (
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
)

// awayCodec cannot read texts that begin with an x while what it needs is away.
type awayCodec struct {
	bus.Codec[string]

	away *atomic.Bool
}

func (c awayCodec) Decode(data []byte) (string, error) {
	text, err := c.Codec.Decode(data)
	if err == nil && text[0] == 'x' && c.away.Load() {
		return "", resilience.Transient(errors.New("the store is away"))
	}
	return text, err
}

// TestUnread has a record that cannot be read for an hour: it and what is behind it wait, in their order, nothing becomes a dead letter, and what
// does not come from the topic goes on.
func TestUnread(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	away.Store(true)
	event := bus.Define("unread.said", func(string) string { return "key" }).Encoded(awayCodec{bus.JSON[string](), &away})
	words := partitions.NewTable[string, string]("words")
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		var g *partitions.Group
		nodes := w.Group(func(b *bus.Bus) (_ *partitions.Group, err error) {
			g, err = partitions.New(b, "unread", partitions.Lanes(1), partitions.Use(words), partitions.On(event, func(tx *partitions.Tx, text string) error {
				all, _ := words.Get(tx, "all")
				words.Put(tx, "all", all+" "+text)
				return nil
			}))
			return g, err
		})
		nodes.Start()
		w.Publish(event.New("a"), event.New("xb"), event.New("c"))
		w.Advance(time.Hour)
		if err := g.Do(t.Context(), "key", func(tx *partitions.Tx) error {
			words.Put(tx, "asked", "yes")
			return nil
		}); err != nil {
			t.Error(err)
		}
		if rows := partitionstest.Rows(nodes, words); !maps.Equal(rows, map[string]string{"all": " a", "asked": "yes"}) {
			t.Errorf("while it is away: %v", rows)
		}
		away.Store(false)
		w.Settle()
		if rows := partitionstest.Rows(nodes, words); rows["all"] != " a xb c" {
			t.Errorf("after that: %v", rows)
		}
	}, event)
}
