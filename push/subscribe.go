package push

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/millrace/millrace/bus"
)

// outcome is how a client's wish to resume ended.
type outcome string

const (
	resumeNone   outcome = "fresh"
	resumeMemory outcome = "memory"
	resumeKafka  outcome = "kafka"
	resumeReset  outcome = "reset"
)

// errGone: what the client missed cannot be had any more, and it gets a reset.
var errGone = errors.New("what was missed is gone")

// errLater: it cannot be had now; the client tries again with the same id.
var errLater = errors.New("what was missed cannot be read now; try again in a moment")

const (
	stepLimit  = 25 * time.Second
	doubtAfter = 500 * time.Millisecond
)

// resumption brings a client from the event id that it came with to where it is live.
type resumption struct {
	hub    *Hub
	client *client
	since  string
	how    outcome
	from   position
	joined bool
}

// next returns what to write next; joined says whether the client is live then. An error is one to come back for.
func (r *resumption) next(ctx context.Context) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	frames, err := r.step(ctx)
	if errors.Is(err, errGone) || errors.Is(err, errPosition) {
		r.how = resumeReset
		return r.enter()
	}
	return frames, err
}

// step begins in memory, and goes on with pages from Kafka until memory reaches back to where it is.
func (r *resumption) step(ctx context.Context) (frames [][]byte, err error) {
	switch {
	case r.since == "":
		r.how = resumeNone
		return r.enter()
	case r.from.epoch == "":
		r.how = resumeMemory
		if r.from, err = parsePosition(r.since); err != nil {
			return nil, err
		}
		if err := r.hub.await(ctx, r.client, r.from); err != nil {
			return nil, err
		}
	}
	frames, r.joined, err = r.hub.join(r.client, r.from)
	if r.joined || err != nil {
		return frames, err
	}
	r.how = resumeKafka
	frames, r.from, err = r.hub.readBack(ctx, r.client, r.from)
	return frames, err
}

// enter lets the client in as of now; it gets a reset first if there is a gap.
func (r *resumption) enter() ([][]byte, error) {
	h, c := r.hub, r.client
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.warm || !c.live() {
		return nil, errLater
	}
	r.joined = true
	if r.how == resumeReset {
		return [][]byte{c.format.framing().reset(h.position.String()), h.let(c)}, nil
	}
	return [][]byte{h.let(c)}, nil
}

// await returns once this hub has read what the client got from another one that was ahead. A position that not even
// the topic has reached is gone: no hub gave it out for what the topic holds now.
func (h *Hub) await(ctx context.Context, c *client, from position) error {
	doubt := time.NewTimer(doubtAfter)
	defer doubt.Stop()
	h.mu.Lock()
	h.waiting++
	defer func() { h.waiting--; h.mu.Unlock() }()
	for h.position.behind(from) {
		moved := h.moved
		h.mu.Unlock()
		var err error
		select {
		case <-moved:
		case <-doubt.C:
			err = h.written(ctx, c, from)
		case <-c.ending:
			err = errLater
		case <-ctx.Done():
			err = errLater
		}
		h.mu.Lock()
		if err != nil {
			return err
		}
	}
	return nil
}

// written says whether the topic reaches as far as a position.
func (h *Hub) written(ctx context.Context, c *client, from position) error {
	done, err := h.turn(ctx, c)
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

// join lets the client in if memory holds everything behind from.
func (h *Hub) join(c *client, from position) (frames [][]byte, joined bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.warm || !c.live():
		return nil, false, errLater
	case from.epoch != h.position.epoch:
		return nil, false, errGone
	}
	for _, wanted := range c.channels {
		if !h.memory.covers(wanted.name, from) {
			return nil, false, nil
		}
	}
	frames = h.replay(c, from)
	return append(frames, h.let(c)), true, nil
}

// let adds the client to its channels' followers and tells it where it stands. The hub's lock is held.
func (h *Hub) let(c *client) []byte {
	for _, wanted := range c.channels {
		h.memory.channel(wanted.name).followers[c] = wanted.subject
	}
	c.joined = true
	return c.format.framing().position(h.position.String())
}

// replay collects what the client's channels hold behind from, in the order in which the hub took it. While this hub
// had not yet come as far as the client was in every partition, the messages' own ids would take the client back: it
// gets the union of the two.
func (h *Hub) replay(c *client, from position) [][]byte {
	var missed []*message
	for _, wanted := range c.channels {
		for _, m := range h.memory.after(wanted.name, from) {
			if c.wants(m, wanted.subject) {
				missed = append(missed, m)
			}
		}
	}
	slices.SortFunc(missed, func(a, b *message) int { return cmp.Compare(a.order, b.order) })
	frames := make([][]byte, 0, len(missed)+1)
	passed := false
	for _, m := range missed {
		if !passed {
			at, err := parsePosition(m.id)
			if passed = err == nil && !at.behind(from); !passed {
				frames = append(frames, c.format.framing().message(m, at.union(from).String()))
				continue
			}
		}
		frames = append(frames, m.frame(c.format))
	}
	return frames
}
