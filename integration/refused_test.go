package integration_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestRefusedRecordOnKafka has a group emit a thousand records to a compacted topic, a few of them without the key that the
// brokers want there. They refuse these with all of their batch.
func TestRefusedRecordOnKafka(t *testing.T) {
	t.Parallel()
	b := open(t)
	name := "refused-" + strings.ToLower(uuid.NewString()[:8])
	input, output := bus.Topic(name+".in"), bus.Topic(name+".out")
	for _, spec := range []bus.TopicSpec{
		{Name: input, Partitions: 3},
		{Name: output, Partitions: 3, Configs: map[string]string{"cleanup.policy": "compact"}},
	} {
		if err := b.Create(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	placed := bus.Define("refused.placed", func(o order) string { return o.ID }, bus.InTopic(input))
	const orders, every = 1000, 300
	msgs := make([]bus.Message, orders)
	for i := range msgs {
		msgs[i] = placed.New(order{ID: strconv.Itoa(i)})
	}
	if err := b.Publish(t.Context(), msgs...).Err(); err != nil {
		t.Fatal(err)
	}
	g, err := partitions.New(b, name, partitions.On(placed, func(tx *partitions.Tx, o order) error {
		i, err := strconv.Atoi(o.ID)
		record := bus.Record{Topic: output, Key: []byte(o.ID), Value: []byte(o.ID)}
		if i%every == 0 {
			record.Key = nil
		}
		tx.Emit(record.Message())
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	for done := int64(0); done < orders; <-time.After(100 * time.Millisecond) {
		lags, err := b.Lag(ctx, name)
		switch {
		case errors.Is(err, kerr.CoordinatorNotAvailable):
			continue // it has just begun
		case err != nil:
			t.Fatal(err)
		}
		done = 0
		for _, p := range lags[0].Partitions {
			if p.Topic == input {
				done += max(p.Committed, 0)
			}
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	seen := map[string]int{}
	for record, err := range b.Read(t.Context(), output, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		seen[string(record.Key)]++
	}
	if len(seen) != orders-4 {
		t.Errorf("%d of %d are there", len(seen), orders-4)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
	letters := 0
	for letter, err := range b.DeadLetters(t.Context(), name) {
		if letters++; err != nil || letter.Reason != bus.ReasonPermanent {
			t.Errorf("%+v, %v", letter, err)
		}
	}
	if letters != 4 {
		t.Errorf("%d dead letters", letters)
	}
}
