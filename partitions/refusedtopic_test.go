//go:build synctests

package partitions_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestRefusedTopic lets a handler, a timer and what follows outside work emit to a topic that is not there. Their shard goes
// on after a while, and so does what comes of them once the topic is there.
func TestRefusedTopic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		in, out := w.things()
		nowhere := bus.Define("test.thing.lost", func(key string) string { return key }, bus.InTopic("nowhere"))
		var noted error
		timer := partitions.NewTimer("later", func(tx *partitions.Tx, key string) error {
			tx.Emit(nowhere.New(key))
			return nil
		})
		g, err := partitions.New(w.bus, "lost", partitions.Lanes(1), partitions.Use(timer), partitions.On(in, func(tx *partitions.Tx, key string) error {
			switch key {
			case "emits":
				tx.Emit(nowhere.New(key))
			case "arms":
				timer.After(tx, time.Second, key)
			case "works":
				tx.Go(func(context.Context) func(*partitions.Tx) error {
					return func(tx *partitions.Tx) error { tx.Emit(nowhere.New(key)); return nil }
				}, func(_ *partitions.Tx, err error) error { noted = err; return nil })
			}
			tx.Emit(out.New(key))
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, g)()
		publish(t, w.bus, in.New("emits"), in.New("arms"), in.New("works"))
		<-time.After(time.Minute)
		publish(t, w.bus, in.New("fine"))
		<-time.After(10 * time.Second)
		seen := map[string]int{}
		for key, err := range bus.Tail(t.Context(), w.bus, out, bus.Earliest, bus.UntilEnd()) {
			if err != nil {
				t.Fatal(err)
			}
			seen[key.Value]++
		}
		if seen["fine"] != 1 || seen["arms"] != 1 || seen["works"] != 1 || seen["emits"] != 0 || noted == nil {
			t.Errorf("%v was seen, and %v noted", seen, noted)
		}
		dead := 0
		for letter, err := range w.bus.DeadLetters(t.Context(), "lost") {
			if dead++; err != nil || letter.Reason != bus.ReasonPermanent {
				t.Errorf("%+v, %v", letter, err)
			}
		}
		if dead != 1 {
			t.Errorf("%d dead letters", dead)
		}
		if err := w.bus.Create(t.Context(), bus.TopicSpec{Name: "nowhere", Partitions: 1}); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Minute)
		found := 0
		for _, err := range bus.Tail(t.Context(), w.bus, nowhere, bus.Earliest, bus.UntilEnd()) {
			if found++; err != nil {
				t.Fatal(err)
			}
		}
		if found != 1 {
			t.Errorf("%d messages are there, and the timer's is to be", found)
		}
	})
}
