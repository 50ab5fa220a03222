package push

import (
	"context"
	"strconv"
	"time"

	"github.com/millrace/millrace/bus"
)

// Revocations is the topic of grants that are over. Hubs with [Auth] or [Tokens] make it where it is missing, and read all of it before they let
// anybody in.
const Revocations bus.Topic = bus.TopicPrefix + "revocation"

// revocation is a grant that is over.
type revocation struct {
	ID string `json:"id"`
}

var revocations = bus.Define("push.grant.revoked", func(r revocation) string { return r.ID }, bus.InTopic(Revocations), bus.Aggregate("revocation"))

const (
	// maxRevoked bounds the grants that a hub remembers as revoked: the oldest are forgotten.
	maxRevoked = 1_000_000
	// revokedFor is how long they are remembered.
	revokedFor = 30 * 24 * time.Hour
)

// Revoke ends the connections whose [Grant] has one of the ids, on all hubs, and lets nobody connect by such a grant any more, for 30 days and as
// long as no million of others follow: let tokens live no longer than that. The publisher is a [bus.Bus], an outbox, or a shard's transaction.
func Revoke(ctx context.Context, publisher bus.Publisher, ids ...string) bus.Results {
	messages := make([]bus.Message, len(ids))
	for i, id := range ids {
		messages[i] = revocations.New(revocation{id})
	}
	return publisher.Publish(ctx, messages...)
}

// revoked is which grants are over, by when that was told. It changes under the hub's lock.
type revoked struct {
	ids   map[string]struct{}
	order []told
	read  bool // all that there were when the hub began
}

type told struct {
	id string
	at time.Time
}

// add remembers a grant, and forgets those that are too old.
func (r *revoked) add(id string, at, now time.Time) {
	if _, known := r.ids[id]; !known {
		r.ids[id] = struct{}{}
		r.order = append(r.order, told{id, at})
	}
	for len(r.order) > maxRevoked || len(r.order) > 0 && now.Sub(r.order[0].at) > revokedFor {
		delete(r.ids, r.order[0].id)
		r.order = r.order[1:]
	}
}

func (h *Hub) isRevoked(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, is := h.revoked.ids[id]
	return is
}

// heed learns of grants that are over until ctx ends.
func (h *Hub) heed(ctx context.Context) {
	if h.settings.open() {
		return
	}
	h.aside(ctx, side{
		topic:   Revocations,
		configs: map[string]string{"cleanup.policy": "compact,delete", "retention.ms": strconv.FormatInt(revokedFor.Milliseconds(), 10)},
		from:    bus.Earliest, take: h.revoke, current: h.heeded, begins: func() {},
	})
}

// heeded lets clients in, where all else is read too.
func (h *Hub) heeded() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revoked.read = true
	h.letIn()
}

// revoke ends those who are connected by a grant.
func (h *Hub) revoke(r bus.Record) {
	v, err := revocations.Decode(r)
	if err != nil || v.ID == "" {
		return
	}
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revoked.add(v.ID, r.Time, now)
	for c := range h.clients {
		if c.granted == v.ID {
			c.end(whyRevoked)
		}
	}
}
