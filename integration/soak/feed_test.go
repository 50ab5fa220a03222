package soak_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/millrace/millrace/bus"
)

const (
	keys      = 60
	feedEvery = 100 * time.Millisecond
	feedBurst = 50
)

// feed publishes steps and remembers which of them were acknowledged.
type feed struct {
	bus      *bus.Bus
	timeline *timeline
	chance   *rand.Rand
	sent     map[string]int64
	acked    []acked
	unknown  int
	bank     *bank
	started  int
	slowest  time.Duration
}

// acked is a step that the brokers have said to keep.
type acked struct {
	step
	shard  int32
	offset int64
}

// run publishes until ctx ends.
func (f *feed) run(ctx context.Context) {
	ticker := time.NewTicker(feedEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		steps, msgs := make([]step, feedBurst), make([]bus.Message, feedBurst)
		for i := range steps {
			key := fmt.Sprintf("k%02d", f.chance.IntN(keys))
			f.sent[key]++
			steps[i] = step{Key: key, N: f.sent[key], Sent: time.Now().UnixMilli()}
			msgs[i] = stepped.New(steps[i])
		}
		began := time.Now()
		results := f.bus.Publish(context.WithoutCancel(ctx), slices.Concat(msgs, switches(f.chance), f.transfers())...)[:feedBurst]
		f.slowest = max(f.slowest, time.Since(began))
		for i, result := range results {
			if result.Err != nil {
				f.unknown++
				if i == 0 {
					f.timeline.say("a publish failed: %v", result.Err)
				}
				continue
			}
			f.acked = append(f.acked, acked{steps[i], int32(result.Partition), result.Offset})
		}
		if f.chance.IntN(10) == 0 {
			late := "t" + itoa(1+f.chance.IntN(f.started))
			if err := f.bank.flow.Cancel(context.WithoutCancel(ctx), f.bus, "changed my mind", late).Err(); err != nil {
				f.timeline.say("a cancel failed: %v", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}
