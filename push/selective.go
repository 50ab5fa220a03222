package push

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/bus"
)

const (
	// gathering is how long a hub waits for what else is wanted.
	gathering = 5 * time.Millisecond
	// looksEvery is how long it does not see that the topic has other partitions.
	looksEvery = 15 * time.Second
)

// followSome reads the partitions that are wanted, anew whenever these are others.
func (h *Hub) followSome(ctx context.Context) error {
	epoch, partitions, err := h.incarnation(ctx)
	if err != nil {
		return err
	}
	h.begin(epoch, floor{})
	h.grow(partitions)
	h.reached(nil)
	ticker := time.NewTicker(min(h.settings.linger/4, looksEvery)) //nolint:mnd // often enough
	defer ticker.Stop()
	for ctx.Err() == nil {
		h.abandonIdle()
		reading, stop := context.WithCancel(ctx)
		var live sync.WaitGroup
		var failed error
		over := make(chan struct{})
		live.Go(func() {
			defer close(over)
			failed = h.readWarm(reading)
		})
		err := h.change(ctx, epoch, over, ticker.C)
		stop()
		live.Wait()
		if err := errors.Join(err, failed); err != nil {
			return err
		}
	}
	return nil
}

// readWarm goes on with what is read.
func (h *Hub) readWarm(ctx context.Context) error {
	var warm []bus.Partition
	h.mu.Lock()
	for partition := range h.interest.read {
		warm = append(warm, partition)
	}
	h.mu.Unlock()
	if len(warm) == 0 {
		<-ctx.Done()
		return nil
	}
	return h.read(ctx, nil, bus.Only(warm...))
}

// change returns once other partitions are to be read, or the reading is over. What is new is brought beside the rest to where it can go on with it.
func (h *Hub) change(ctx context.Context, epoch string, over <-chan struct{}, look <-chan time.Time) error {
	h.interest.tell()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-over:
			return nil
		case <-h.interest.news:
			<-time.After(gathering)
			if cold := h.cold(); len(cold) > 0 {
				return h.warmUp(ctx, epoch, cold)
			}
		case <-look:
			if err := h.look(ctx, epoch); err != nil || h.idles() {
				return err
			}
		}
	}
}

var errAnew = errors.New("the topic was made anew")

// warmUpLimit is how long partitions are warmed up before a look at what else is to be done. What was read counts.
const warmUpLimit = 20 * time.Second

// warmUp reads partitions from the history's horizon to their end: what is not committed yet is not waited for.
func (h *Hub) warmUp(ctx context.Context, epoch string, cold []bus.Partition) error {
	limited, cancel := context.WithTimeout(ctx, warmUpLimit)
	defer cancel()
	if err := h.look(ctx, epoch); err != nil {
		return err
	}
	only := bus.Only(cold...)
	from, ends, err := h.horizon(limited, only)
	if err != nil {
		return err
	}
	target := position{epoch: epoch, offsets: make(map[bus.Partition]int64, len(ends))}
	for partition, end := range ends {
		target.offsets[partition] = end - 1
	}
	if h.place(from, target) {
		err = h.read(limited, &target, only)
	}
	switch {
	case errors.Is(err, bus.ErrOffset): // Kafka has removed what was to be read meanwhile
		h.mu.Lock()
		defer h.mu.Unlock()
		h.abandon(cold...)
		return nil
	case err != nil || limited.Err() != nil:
		return err
	}
	// A topic that was made anew meanwhile would have been read as if it were the old one.
	if err := h.look(ctx, epoch); err != nil {
		return err
	}
	h.reached(ends)
	return nil
}

// look fails where the topic was made anew, and takes note of how many partitions it has.
func (h *Hub) look(ctx context.Context, epoch string) error {
	now, partitions, err := h.incarnation(ctx)
	switch {
	case err != nil:
		return err
	case now != epoch:
		return errAnew
	}
	h.grow(partitions)
	return nil
}

// grow takes note of how many partitions the topic has. Clients of channels that have moved are ended, since they have not got what is in new places:
// their ids say of how many partitions they are, so that they get a reset.
func (h *Hub) grow(partitions int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	were := h.interest.count
	if were == partitions {
		return
	}
	h.interest.count, h.position.count = partitions, partitions
	h.interest.changed.ring()
	for name, at := range h.memory.channels {
		f := follow{name: name}
		if were == 0 || slices.Equal(h.settings.places(were, f), h.settings.places(partitions, f)) {
			continue
		}
		for _, of := range at.audience.tenants {
			of.all(func(f *follower) { f.client.end(whyAnew) })
		}
	}
}

// place says where reading partitions begins, unless that has begun, and whether it is to come to a target.
func (h *Hub) place(from floor, target position) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.interest.changes++
	for partition, offset := range from {
		if _, begun := h.position.offsets[partition]; !begun {
			h.position.offsets[partition] = offset
			h.interest.begun[partition] = h.interest.changes
			h.memory.begin(partition, offset)
		}
	}
	return h.position.behind(target)
}

// abandonIdle forgets what is idle, while nothing is read.
func (h *Hub) abandonIdle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, partition := range h.idle() {
		delete(h.interest.wanted, partition)
		h.abandon(partition)
	}
}

// abandon forgets what was read of partitions. The hub's lock is held.
func (h *Hub) abandon(partitions ...bus.Partition) {
	for _, partition := range partitions {
		delete(h.interest.read, partition)
		delete(h.position.offsets, partition)
		h.memory.vacate(partition)
	}
}

func (h *Hub) idles() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.idle()) > 0
}
