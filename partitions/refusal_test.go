//go:build synctests

package partitions_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// TestRefused emits to a topic that is not there, beside others that are fine.
func TestRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		g, balance, err := w.ledger(w.bus, "one", partitions.Lanes(1))
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, g)()
		w.deposit(1, 1)
		w.follow(1, 1)
		put := func(key string, record bus.Record) error {
			return g.Do(t.Context(), key, func(tx *partitions.Tx) error {
				v, _ := balance.Get(tx, key)
				balance.Put(tx, key, v+1)
				record.Key, record.Headers = []byte(key), bus.Headers{{Key: "id", Value: []byte("7")}}
				tx.Emit(record.Message())
				return nil
			})
		}
		for p := range bus.Partition(shards) {
			if err := put("a0", bus.Record{Topic: "balances"}.To(p)); err != nil {
				t.Errorf("a record for partition %d: %v", p, err)
			}
		}
		if err := put("a0", bus.Record{Topic: "balances"}.To(shards)); resilience.ClassOf(err) != resilience.ClassPermanent {
			t.Errorf("a record for a partition that is not there: %v", err)
		}
		infos, err := w.bus.Topics(t.Context(), "balances")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range infos[0].Partitions {
			if p.End == 0 {
				t.Errorf("nothing is in partition %d", p.Partition)
			}
		}
		ended := make(chan error, 10)
		for i := range cap(ended) {
			go func() {
				to := bus.Topic("balances")
				if i == 3 {
					to = "nowhere"
				}
				err := put("a0", bus.Record{Topic: to})
				if i == 3 {
					failed, ok := errors.AsType[*bus.PublishError](err)
					if !ok || !errors.Is(err, bus.ErrNoTopic) || failed.ID != "7" || failed.Topic != "nowhere" ||
						resilience.ClassOf(err) != resilience.ClassPermanent {
						t.Errorf("a message to a topic that is not there: %v", err)
					}
					err = nil
				}
				ended <- err
			}()
		}
		for range cap(ended) {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		err = g.View(t.Context(), "a0", func(v *partitions.View) error {
			if n, _ := balance.Get(v, "a0"); n != 10+shards {
				t.Errorf("the balance is %d", n)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
