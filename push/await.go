package push

import (
	"context"
	"time"

	"github.com/millrace/millrace/bus"
)

// doubtAfter is how long a hub is behind a client before it asks whether the topic reaches as far.
const doubtAfter = 500 * time.Millisecond

// await returns once this hub has read what the client got from another one that was ahead. A position that not even
// the topic has reached is gone: no hub gave it out for what the topic holds now.
func (h *Hub) await(ctx context.Context, c *client, from position) error {
	there := func() bool { return !h.position.behind(from) }
	soon, cancel := context.WithTimeout(ctx, doubtAfter)
	defer cancel()
	if h.until(soon, c, &h.moved, there) == nil {
		return nil
	}
	if err := h.written(ctx, c, from); err != nil {
		return err
	}
	return h.until(ctx, c, &h.moved, there)
}

// written says whether the topic reaches as far as a position.
func (h *Hub) written(ctx context.Context, c *client, from position) error {
	done, err := c.turn(ctx, h.readBacks)
	if err != nil {
		return err
	}
	defer done()
	ends, err := h.bus.Offsets(ctx, Topic, bus.Latest)
	if err != nil {
		return errLater
	}
	for partition, offset := range from.offsets {
		if offset >= ends[partition] {
			return errGone
		}
	}
	return nil
}
