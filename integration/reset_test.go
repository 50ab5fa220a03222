package integration_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// tally is a group that counts orders by their id.
type tally struct {
	t      *testing.T
	bus    *bus.Bus
	name   string
	input  bus.Topic
	placed bus.Event[order]
	counts *partitions.Table[string, int]
	last   int64 // token
}

func newTally(t *testing.T) *tally {
	t.Helper()
	name := "reset-" + strings.ToLower(uuid.NewString()[:8])
	input := bus.Topic(name + ".in")
	c := &tally{
		t: t, bus: open(t), name: name, input: input, counts: partitions.NewTable[string, int]("counts"), last: -1,
		placed: bus.Define("reset.placed", func(o order) string { return o.ID }, bus.InTopic(input)),
	}
	if err := c.bus.Create(t.Context(), bus.TopicSpec{Name: input, Partitions: 3}); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *tally) place() {
	c.t.Helper()
	if err := c.bus.Publish(c.t.Context(), c.placed.New(order{ID: "tea"})).Err(); err != nil {
		c.t.Fatal(err)
	}
}

// reaches runs the group until it has counted so many, and looks at the token.
func (c *tally) reaches(want int) {
	c.t.Helper()
	g, err := partitions.New(c.bus, c.name, partitions.Use(c.counts), partitions.On(c.placed, func(tx *partitions.Tx, o order) error {
		n, _ := c.counts.Get(tx, o.ID)
		c.counts.Put(tx, o.ID, n+1)
		return nil
	}))
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(c.t.Context(), time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	for reached := errors.New("not yet"); reached != nil && ctx.Err() == nil; {
		reached = g.Do(ctx, "tea", func(tx *partitions.Tx) error {
			if n, _ := c.counts.Get(tx, "tea"); n != want {
				return fmt.Errorf("counted to %d", n)
			}
			if tx.Token() <= c.last {
				c.t.Errorf("the token %d follows %d", tx.Token(), c.last)
			}
			c.last = tx.Token()
			return nil
		})
		<-time.After(20 * time.Millisecond)
	}
	if ctx.Err() != nil {
		c.t.Errorf("the group does not count to %d", want)
	}
	stop()
	if err := <-ended; err != nil {
		c.t.Error(err)
	}
}

// reset finds the one row that there is.
func (c *tally) reset(opts ...partitions.ResetOption) {
	c.t.Helper()
	if erased, err := partitions.Reset(c.t.Context(), c.bus, c.name, opts...); err != nil || erased.Rows != 1 {
		c.t.Fatalf("erased %+v, %v, want one row", erased, err)
	}
}

// TestResetOnKafka erases a group's state on Apache Kafka: after a run, with forgotten offsets, and where its input has
// grown, and lets the group build it again.
func TestResetOnKafka(t *testing.T) {
	t.Parallel()
	c := newTally(t)
	for range 3 {
		c.place()
	}
	c.reaches(3)
	c.reset()
	c.reaches(3)

	client, err := c.bus.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if _, err := admin.DeleteGroup(t.Context(), c.name); err != nil {
		t.Fatal(err)
	}
	c.reset(partitions.ResetInputs(c.input))
	c.reaches(3)

	if grown, err := admin.UpdatePartitions(t.Context(), 8, string(c.input)); err != nil || grown.Error() != nil {
		t.Fatal(err, grown.Error())
	}
	c.reset(partitions.ResetFrom(bus.Latest))
	c.last = -1 // the key may be another shard's now
	c.place()
	c.reaches(1)
}
