package push

import (
	"context"
	"errors"
	"net/http"
	"time"
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

const stepLimit = 25 * time.Second

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
	paged    func() // gives back the place of the page that was returned last
}

// next goes on: the client is live when joined says so, and until then it returns what to write before the next call. An error is one to come
// back for.
func (r *resumption) next(ctx context.Context) ([]*frame, error) {
	r.release()
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
	if err := r.hub.want(ctx, r.client, r.channels); err != nil {
		return nil, err
	}
	switch {
	case r.since == "":
		r.how = resumeNone
		return nil, r.enter()
	case r.from.epoch == "":
		r.how = resumeMemory
		if err := r.begin(); err != nil {
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
	if r.paged, err = r.client.turn(ctx, r.hub.pages); err != nil {
		return nil, err
	}
	page, r.from, err = r.hub.readBack(ctx, r.client, r.channels, r.from)
	return page, err
}

// release notes that what was returned is written, or will not be.
func (r *resumption) release() {
	if r.paged != nil {
		r.paged()
		r.paged = nil
	}
}

// begin finds where the client stands in its channels.
func (r *resumption) begin() error {
	at, err := parsePosition(r.since)
	if err != nil {
		return err
	}
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	var known bool
	if r.from, known = at.only(h.scope(r.channels)); !known {
		return errGone
	}
	return nil
}

// enter lets the client in as of now; it gets a reset first if there is a gap.
func (r *resumption) enter() error {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.reads(r.channels) || !r.client.live() {
		return errLater
	}
	return r.let()
}

// join lets the client in if memory holds everything behind where it is.
func (r *resumption) join() error {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.reads(r.channels) || !r.client.live():
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
