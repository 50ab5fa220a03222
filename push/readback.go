package push

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/millrace/millrace/bus"
)

const (
	// concurrentReadBacks and pageBytes bound what a storm of reconnecting clients costs.
	concurrentReadBacks = 16
	pageBytes           = 1 << 20
)

// readBack reads a page from Kafka of what memory no longer holds, up to where the hub is at most, and returns how far
// it came.
func (h *Hub) readBack(ctx context.Context, c *client, channels []follow, from position, in scope) ([]*frame, position, error) {
	done, err := c.turn(ctx, h.readBacks)
	if err != nil {
		return nil, from, err
	}
	defer done()
	h.mu.Lock()
	target, known := h.position.only(in)
	h.mu.Unlock()
	if !known {
		return nil, from, errLater
	}
	distance := int64(0)
	for partition, end := range target.offsets {
		distance += max(end-from.at(partition), 0)
	}
	if from.epoch != target.epoch || distance > int64(h.settings.readBack) {
		return nil, from, errGone
	}
	frames, reached, err := h.page(ctx, c, channels, from, target)
	if err != nil {
		return nil, from, err
	}
	// A topic that was made anew meanwhile would have been read as if it were the old one.
	if epoch, _, err := h.incarnation(ctx); err != nil || epoch != target.epoch {
		return nil, from, errLater
	}
	if c.format != formatSocket { // whose other channels are further
		frames = append(frames, frameOf(c.format.framing().position(reached.String())))
	}
	return frames, reached, nil
}

// turn waits for one of so many places, which the client has until done is called.
func (c *client) turn(ctx context.Context, places chan struct{}) (done func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-c.ending:
		return nil, errLater
	case <-ctx.Done():
		return nil, errLater
	}
}

// page reads what the client wants of the records behind from, as far as target.
func (h *Hub) page(ctx context.Context, c *client, channels []follow, from, target position) ([]*frame, position, error) {
	offsets := make(map[bus.Partition]int64)
	for partition := range target.offsets {
		offsets[partition] = from.at(partition) + 1
	}
	var frames []*frame
	bytes := 0
	reached := from.clone()
	ctx, over := context.WithCancel(ctx)
	defer over()
	settled := reached.clone()
	passed := func(partition bus.Partition, offset int64) { // so that a transaction which is open behind the target is not waited for
		if settled.offsets[partition] = offset; !settled.behind(target) {
			over()
		}
	}
	only := bus.Only(slices.Collect(maps.Keys(offsets))...)
	for record, err := range h.bus.Read(ctx, Topic, only, bus.From(offsets), bus.UntilEnd(), bus.Passed(passed)) {
		switch {
		case errors.Is(err, bus.ErrOffset):
			return nil, from, errGone
		case err != nil && !settled.behind(target):
			return frames, reached.union(target), nil
		case err != nil || !c.live():
			return nil, from, errLater
		case record.Offset > target.at(record.Partition):
			continue
		}
		reached.offsets[record.Partition] = record.Offset
		m, known := messageOf(record)
		if !known || from.count > 0 && !h.settings.places(from.count, follow{name: m.channel}).has(m.partition) { // as in Hub.strays
			continue
		}
		wanted := slices.Contains(channels, follow{name: m.channel}) || slices.Contains(channels, follow{m.channel, m.subject})
		if wanted && c.may(m) {
			f := frameOf(c.format.framing().message(m, reached.String()))
			frames = append(frames, f)
			if bytes += len(f.bytes); bytes > pageBytes {
				return frames, reached, nil
			}
		}
	}
	if ctx.Err() != nil && settled.behind(target) {
		return nil, from, errLater
	}
	return frames, reached.union(target), nil
}
