package push

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
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

var (
	errDraining = errors.New("the server is stopping; connect again")
	errFull     = errors.New("the server has as many clients as it takes; try again later")
	errLater    = errors.New("the server is starting; try again in a moment")
)

// subscribe adds a client with everything that it missed since the given event id, which may be empty. The frames to
// write first are returned.
func (h *Hub) subscribe(ctx context.Context, c *client, since string) ([][]byte, outcome, error) {
	if since == "" {
		frames, _, err := h.join(c, nil)
		return frames, resumeNone, err
	}
	from, err := parsePosition(since)
	if err != nil {
		return h.reset(c)
	}
	if err := h.await(ctx, from); err != nil {
		return nil, resumeNone, err
	}
	how := resumeMemory
	var missed [][]byte
	for range maxReadBacks {
		frames, joined, err := h.join(c, &from)
		if joined || err != nil {
			return append(missed, frames...), how, err
		}
		how = resumeKafka
		read, ok := h.readBack(ctx, c, &from)
		if !ok {
			return h.reset(c)
		}
		missed = append(missed, read...)
	}
	return h.reset(c)
}

const (
	maxReadBacks = 3
	behindLimit  = 3 * time.Second
)

// await returns once this hub has read what the client got from another one that was ahead.
func (h *Hub) await(ctx context.Context, from position) error {
	ctx, cancel := context.WithTimeout(ctx, behindLimit)
	defer cancel()
	for {
		h.mu.Lock()
		behind, moved := h.position.behind(from), h.moved
		h.mu.Unlock()
		if !behind {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return errLater
		}
	}
}

// join adds the client if memory holds everything behind from; without from it begins now.
func (h *Hub) join(c *client, from *position) (frames [][]byte, joined bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.admits(); err != nil {
		return nil, false, err
	}
	if from != nil {
		if from.epoch != h.position.epoch {
			return nil, false, nil
		}
		for _, wanted := range c.channels {
			name, _ := splitChannel(wanted)
			if !h.channel(name).history.covers(*from) {
				return nil, false, nil
			}
		}
		frames = h.replay(c, *from)
	}
	for _, wanted := range c.channels {
		name, subject := splitChannel(wanted)
		h.channel(name).followers[c] = subject
	}
	h.clients[c] = struct{}{}
	return append(frames, appendID(nil, h.position.String())), true, nil
}

// replay collects what the client's channels hold behind from, in the order in which the hub took it.
func (h *Hub) replay(c *client, from position) [][]byte {
	var missed []*message
	for _, wanted := range c.channels {
		name, subject := splitChannel(wanted)
		for _, m := range h.channel(name).history.after(from) {
			if c.wants(m, subject) {
				missed = append(missed, m)
			}
		}
	}
	slices.SortFunc(missed, func(a, b *message) int { return cmp.Compare(a.order, b.order) })
	frames := make([][]byte, len(missed))
	for i, m := range missed {
		frames[i] = m.frame
	}
	return frames
}

// readBack reads from Kafka what memory no longer holds, up to where the hub is, and moves from there.
func (h *Hub) readBack(ctx context.Context, c *client, from *position) ([][]byte, bool) {
	h.mu.Lock()
	target := h.position.clone()
	h.mu.Unlock()
	if from.epoch != target.epoch {
		return nil, false
	}
	offsets := make(map[bus.Partition]int64)
	for partition := range target.offsets {
		offsets[partition] = from.at(partition) + 1
	}
	wanted := make(map[string]string, len(c.channels))
	for _, name := range c.channels {
		channel, subject := splitChannel(name)
		wanted[channel] = subject
	}
	var frames [][]byte
	read := 0
	reached := from.clone()
	for record, err := range h.bus.Read(ctx, Topic, bus.From(offsets), bus.UntilEnd()) {
		if read++; err != nil || read > h.settings.readBack {
			return nil, false
		}
		if record.Offset > target.at(record.Partition) {
			continue
		}
		reached.offsets[record.Partition] = record.Offset
		name := strings.TrimPrefix(record.Type(), "push.broadcast.")
		m := &message{channel: name, subject: record.Subject(), tenant: record.Tenant()}
		if subject, ok := wanted[name]; ok && record.Value != nil && c.wants(m, subject) {
			frames = append(frames, appendEvent(nil, name, reached.String(), record.Value))
		}
	}
	*from = target
	return frames, ctx.Err() == nil
}

// reset adds the client as of now, and tells it first that there is a gap.
func (h *Hub) reset(c *client) ([][]byte, outcome, error) {
	frames, _, err := h.join(c, nil)
	if err != nil {
		return nil, resumeReset, err
	}
	h.mu.Lock()
	id := h.position.String()
	h.mu.Unlock()
	first := appendEvent(nil, "reset", id, []byte(`{"reason":"what was missed is no longer kept; load the state anew"}`))
	return append([][]byte{first}, frames...), resumeReset, nil
}

func (h *Hub) admits() error {
	select {
	case <-h.ready:
	default:
		return errLater
	}
	switch {
	case h.draining:
		return errDraining
	case len(h.clients) >= h.settings.connections:
		return errFull
	}
	return nil
}

func (h *Hub) leave(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
	for _, wanted := range c.channels {
		name, _ := splitChannel(wanted)
		if at, ok := h.channels[name]; ok {
			delete(at.followers, c)
			if len(at.followers) == 0 && len(at.history.messages) == 0 && !at.history.trimmed {
				delete(h.channels, name)
			}
		}
	}
	if len(h.clients) == 0 {
		select {
		case h.empty <- struct{}{}:
		default:
		}
	}
}

// splitChannel cuts "orders/42" into the channel and the subject that is followed within it.
func splitChannel(wanted string) (name, subject string) {
	name, subject, _ = strings.Cut(wanted, "/")
	return name, subject
}
