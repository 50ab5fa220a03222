package push

import (
	"context"
	"errors"
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
	return h.read(ctx, bus.Only(warm...))
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
			now, partitions, err := h.incarnation(ctx)
			switch {
			case err != nil:
				return err
			case now != epoch:
				return errAnew
			}
			h.grow(partitions)
			if h.idles() {
				return nil
			}
		}
	}
}

var errAnew = errors.New("the topic was made anew")

// warmUp reads partitions from the history's horizon to their end.
func (h *Hub) warmUp(ctx context.Context, epoch string, cold []bus.Partition) error {
	only := bus.Only(cold...)
	from, ends, err := h.horizon(ctx, only)
	if err != nil {
		return err
	}
	h.place(from)
	err = h.read(ctx, only, bus.UntilEnd())
	switch {
	case errors.Is(err, bus.ErrOffset): // Kafka has removed what was to be read meanwhile
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, partition := range cold {
			h.abandon(partition)
		}
		return nil
	case err != nil || ctx.Err() != nil:
		return err
	}
	// A topic that was made anew meanwhile would have been read as if it were the old one.
	switch now, _, err := h.incarnation(ctx); {
	case err != nil:
		return err
	case now != epoch:
		return errAnew
	}
	h.reached(ends)
	return nil
}

// place says where reading partitions begins, unless that has begun.
func (h *Hub) place(from floor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for partition, offset := range from {
		if _, begun := h.position.offsets[partition]; !begun {
			h.position.offsets[partition] = offset
			h.memory.begin(partition, offset)
		}
	}
}
