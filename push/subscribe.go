package push

import (
	"cmp"
	"context"
	"errors"
	"net/http"
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

// resumption brings a client from the event id that it came with to where it is live in some channels.
type resumption struct {
	hub      *Hub
	client   *client
	channels []follow
	since    string
	result   func(id string, how outcome) []byte // says that it is, behind what it has missed
	allowed  func() bool                         // says whether it may be live there still; nil where that does not change
	how      outcome
	from     position
	joined   bool
}

// next goes on: the client is live when joined says so, and until then it returns what to write before the next call. An error is one to come
// back for.
func (r *resumption) next(ctx context.Context) ([]*frame, error) {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	frames, err := r.step(ctx)
	if errors.Is(err, errGone) || errors.Is(err, errPosition) {
		r.how = resumeReset
		return nil, r.enter()
	}
	return frames, err
}

// step begins in memory, and goes on with pages from Kafka until memory reaches back to where it is.
func (r *resumption) step(ctx context.Context) (page []*frame, err error) {
	switch {
	case r.since == "":
		r.how = resumeNone
		return nil, r.enter()
	case r.from.epoch == "":
		r.how = resumeMemory
		if r.from, err = parsePosition(r.since); err != nil {
			return nil, err
		}
		if err := r.hub.await(ctx, r.client, r.from); err != nil {
			return nil, err
		}
	}
	if err := r.join(); r.joined || err != nil {
		return nil, err
	}
	r.how = resumeKafka
	page, r.from, err = r.hub.readBack(ctx, r.client, r.channels, r.from)
	return page, err
}

// enter lets the client in as of now; it gets a reset first if there is a gap.
func (r *resumption) enter() error {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.warm || !r.client.live() {
		return errLater
	}
	return r.let()
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

// join lets the client in if memory holds everything behind where it is.
func (r *resumption) join() error {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.warm || !r.client.live():
		return errLater
	case r.from.epoch != h.position.epoch:
		return errGone
	}
	for _, wanted := range r.channels {
		if !h.memory.covers(wanted.name, r.from) {
			return nil
		}
	}
	if r.allowed != nil && !r.allowed() {
		return errForbidden
	}
	r.client.put(r.replay())
	return r.let()
}

// errForbidden: the client had leave to follow a channel when it asked, and has it no more.
var errForbidden = &Problem{Status: http.StatusForbidden, Detail: "the channel may not be followed any more"}

// let adds the client to its channels' followers and tells it where it stands. The hub's lock is held.
func (r *resumption) let() error {
	if r.allowed != nil && !r.allowed() {
		return errForbidden
	}
	h, c := r.hub, r.client
	for _, wanted := range r.channels {
		h.follows(c, wanted)
	}
	r.joined, c.joined = true, true
	c.put([]*frame{frameOf(r.result(h.position.String(), r.how))})
	return nil
}

// replay collects what the client's channels hold behind where it is, in the order in which the hub took it. While this hub
// had not yet come as far as the client was in every partition, the messages' own ids would take the client back: it
// gets the union of the two.
func (r *resumption) replay() []*frame {
	h, c, from := r.hub, r.client, r.from
	var missed []*message
	for _, wanted := range r.channels {
		for _, m := range h.memory.after(wanted.name, from) {
			if c.may(m) && (wanted.subject == "" || wanted.subject == m.subject) {
				missed = append(missed, m)
			}
		}
	}
	slices.SortFunc(missed, func(a, b *message) int { return cmp.Compare(a.order, b.order) })
	frames := make([]*frame, 0, len(missed))
	passed := false
	for _, m := range missed {
		if !passed {
			at, err := parsePosition(m.id)
			if passed = err == nil && !at.behind(from); !passed {
				frames = append(frames, frameOf(c.format.framing().message(m, at.union(from).String())))
				continue
			}
		}
		frames = append(frames, m.frame(c.format))
	}
	return frames
}
