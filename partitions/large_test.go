//go:build synctests

package partitions_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestLargeTransactions has many commands with large rows, and records with several large messages each: all are done, and no transaction
// writes more than it may and one call.
func TestLargeTransactions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		in, _ := w.things()
		out := bus.Define("test.thing.seen", func(string) string { return "key" }, bus.InTopic("seen"))
		const large, commands, records, messages = 900_000, 90, 30, 3
		value, rows := strings.Repeat("x", large), partitions.NewTable[string, string]("large")
		var mu sync.Mutex
		begun, emitted, written := 0, make(map[time.Time]int), make(map[time.Time]int)
		note := func(of map[time.Time]int, tx *partitions.Tx, bytes int) {
			mu.Lock()
			defer mu.Unlock()
			of[tx.Now()] += bytes
		}
		clock := func() time.Time { // no two transactions have the same time
			mu.Lock()
			defer mu.Unlock()
			begun++
			return time.Now().Add(time.Duration(begun))
		}
		g, err := partitions.New(w.bus, "large", partitions.Lanes(1), partitions.WallClock(clock), partitions.Use(rows),
			partitions.On(in, func(tx *partitions.Tx, key string) error {
				if key != "commands" {
					for range messages {
						tx.Emit(out.New(value))
					}
					note(emitted, tx, messages*large)
					return nil
				}
				tx.Committed(func(b partitions.Beside) {
					for i := range commands {
						b.Do(func(tx *partitions.Tx) error {
							rows.Put(tx, strconv.Itoa(i), value)
							note(written, tx, large)
							return nil
						})
					}
				})
				return nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		publish(t, w.bus, in.New("commands"))
		defer start(t, g)()
		<-time.After(time.Minute)
		var many []bus.Message
		for i := range records {
			many = append(many, in.New(strconv.Itoa(i)))
		}
		publish(t, w.bus, many...)
		<-time.After(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		for of, is := range map[string]struct {
			each            map[time.Time]int
			all, call, most int
		}{
			"commands": {written, commands * large, large, 32 << 20},
			"records":  {emitted, records * messages * large, messages * large, 64 << 20},
		} {
			sum := 0
			for _, bytes := range is.each {
				sum += bytes
				if bytes > is.most+is.call {
					t.Errorf("a transaction has %d bytes of %s", bytes, of)
				}
			}
			if sum != is.all {
				t.Errorf("%s: %d bytes of %d", of, sum, is.all)
			}
		}
	})
}
