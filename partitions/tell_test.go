//go:build synctests

package partitions_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestTell lets a handler, and the opening of the shard, tell in a topic that is not there, and later in the same one when it is: what else they do
// is done, once, and no event of theirs is a dead letter.
func TestTell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		in, out := w.things()
		told := bus.Define("test.thing.told", func(key string) string { return key }, bus.InTopic("told"))
		left := make(chan string, 100)
		tell := func(tx *partitions.Tx, key string) error {
			if !tx.Tell(tx.Context(), told.New(key)) {
				tx.Committed(func(partitions.Beside) { left <- key })
			}
			return tx.Err()
		}
		g, err := partitions.New(w.bus, "telling", partitions.Lanes(1), partitions.Opened(func(tx *partitions.Tx) error { return tell(tx, "opened") }),
			partitions.On(in, func(tx *partitions.Tx, key string) error {
				tx.Emit(out.New(key))
				return tell(tx, key)
			}))
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, g)()
		<-time.After(time.Minute)
		publish(t, w.bus, in.New("lost"))
		<-time.After(time.Minute)
		if err := w.bus.Create(t.Context(), bus.TopicSpec{Name: "told", Partitions: 1}); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Minute)
		publish(t, w.bus, in.New("heard"))
		<-time.After(time.Minute)
		read := func(e bus.Event[string]) (keys []string) {
			for key, err := range bus.Tail(t.Context(), w.bus, e, bus.Earliest, bus.UntilEnd()) {
				if err != nil {
					t.Fatal(err)
				}
				keys = append(keys, key.Value)
			}
			return keys
		}
		if done, heard := read(out), read(told); len(done) != 2 || len(heard) != 1 || heard[0] != "heard" {
			t.Errorf("%q done, %q told", done, heard)
		}
		opened, lost := 0, 0
		for range len(left) {
			if <-left == "opened" {
				opened++
			} else {
				lost++
			}
		}
		if opened == 0 || lost != 1 {
			t.Errorf("%d shards and %d records have left out what they tell", opened, lost)
		}
		for letter, err := range w.bus.DeadLetters(t.Context(), "telling") {
			t.Errorf("%+v, %v", letter, err)
		}
	})
}
