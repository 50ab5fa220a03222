package push

import (
	"context"
	"errors"

	"github.com/millrace/millrace/bus"
)

const (
	// concurrentReadBacks and pageBytes bound what a storm of reconnecting clients costs.
	concurrentReadBacks = 16
	pageBytes           = 1 << 20
)

// readBack reads a page from Kafka of what memory no longer holds, up to where the hub is at most, and returns how far
// it came.
func (h *Hub) readBack(ctx context.Context, c *client, from position) ([][]byte, position, error) {
	done, err := h.turn(ctx, c)
	if err != nil {
		return nil, from, err
	}
	defer done()
	h.mu.Lock()
	target := h.position.clone()
	h.mu.Unlock()
	distance := int64(0)
	for partition, end := range target.offsets {
		distance += max(end-from.at(partition), 0)
	}
	if from.epoch != target.epoch || distance > int64(h.settings.readBack) {
		return nil, from, errGone
	}
	frames, reached, err := h.page(ctx, c, from, target)
	if err != nil {
		return nil, from, err
	}
	// A topic that was made anew meanwhile would have been read as if it were the old one.
	if epoch, err := h.epoch(ctx); err != nil || epoch != target.epoch {
		return nil, from, errLater
	}
	return append(frames, c.format.framing().position(reached.String())), reached, nil
}

// turn waits until the client may ask Kafka, which it may until done is called.
func (h *Hub) turn(ctx context.Context, c *client) (done func(), err error) {
	select {
	case h.readBacks <- struct{}{}:
		return func() { <-h.readBacks }, nil
	case <-c.ending:
		return nil, errLater
	case <-ctx.Done():
		return nil, errLater
	}
}

// page reads what the client wants of the records behind from, as far as target.
func (h *Hub) page(ctx context.Context, c *client, from, target position) ([][]byte, position, error) {
	wanted := make(map[string]string, len(c.channels))
	for _, channel := range c.channels {
		wanted[channel.name] = channel.subject
	}
	offsets := make(map[bus.Partition]int64)
	for partition := range target.offsets {
		offsets[partition] = from.at(partition) + 1
	}
	var frames [][]byte
	bytes := 0
	reached := from.clone()
	for record, err := range h.bus.Read(ctx, Topic, bus.From(offsets), bus.UntilEnd()) {
		switch {
		case errors.Is(err, bus.ErrOffset):
			return nil, from, errGone
		case err != nil || !c.live():
			return nil, from, errLater
		case record.Offset > target.at(record.Partition):
			continue
		}
		reached.offsets[record.Partition] = record.Offset
		m, known := messageOf(record)
		if !known {
			continue
		}
		if subject, ok := wanted[m.channel]; ok && c.wants(m, subject) {
			frame := c.format.framing().message(m, reached.String())
			frames = append(frames, frame)
			if bytes += len(frame); bytes > pageBytes {
				return frames, reached, nil
			}
		}
	}
	if ctx.Err() != nil {
		return nil, from, errLater
	}
	return frames, reached.union(target), nil
}
