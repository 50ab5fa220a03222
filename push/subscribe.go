package push

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
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
	begun    bool
	count    int    // of the topic's partitions
	scope    scope  // where the channels are
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
		if err := r.hub.want(ctx, r.client, r.scope); err != nil {
			return nil, err
		}
		r.how = resumeReset
		return nil, r.enter()
	}
	return frames, err
}

// step begins in memory, and goes on with pages from Kafka until memory reaches back to where it is.
func (r *resumption) step(ctx context.Context) (page []*frame, err error) {
	if !r.begun {
		if err := r.begin(); err != nil {
			return nil, err
		}
	}
	if err := r.hub.want(ctx, r.client, r.scope); err != nil {
		return nil, err
	}
	if r.how == resumeNone {
		return nil, r.enter()
	}
	if r.how == resumeMemory {
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
	page, r.from, err = r.hub.readBack(ctx, r.client, r.channels, r.from, r.scope)
	return page, err
}

// begin finds where the client stands in its channels, and where these are.
func (r *resumption) begin() error {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	r.begun, r.how, r.count, r.scope = true, resumeNone, h.interest.count, h.scope(r.channels...)
	if r.since == "" {
		return nil
	}
	r.how = resumeMemory
	at, err := parsePosition(r.since)
	if err != nil {
		return err
	}
	in := r.scope
	if at.count > 0 { // it says something of where the channels were, and no more
		in = h.settings.places(at.count, r.channels...)
		if !slices.Equal(in, h.settings.places(cmp.Or(r.count, len(h.position.offsets), 1), r.channels...)) {
			return errGone
		}
	}
	from, known := at.only(in)
	if !known {
		return errGone
	}
	if h.settings.selective {
		from.count = r.count
	}
	r.from, r.scope = from, in
	return nil
}

// release notes that what was returned is written, or will not be.
func (r *resumption) release() {
	if r.paged != nil {
		r.paged()
		r.paged = nil
	}
}

// enter lets the client in as of now; it gets a reset first if there is a gap.
func (r *resumption) enter() error {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.reads(r.scope) || r.count != h.interest.count || !r.client.live() {
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
	case !h.reads(r.scope) || !r.client.live():
		return errLater
	case r.count != h.interest.count || r.from.epoch != h.position.epoch:
		return errGone
	}
	for _, wanted := range r.channels {
		if !h.memory.covers(wanted.name, r.from, r.scope) {
			return nil
		}
	}
	if r.allowed != nil && !r.allowed() {
		return errForbidden
	}
	missed := r.missed()
	if r.costs(missed) > mostOwn {
		return nil
	}
	r.client.put(r.replay(missed))
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
