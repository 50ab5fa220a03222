package push

import (
	"context"
	"time"

	"github.com/millrace/millrace/bus"
)

// revocation is a grant that is over.
type revocation struct {
	ID string `json:"id"`
}

// revokes are on the broadcast topic, so that each hub learns of them, also one that starts later.
func revokes() bus.Event[revocation] {
	return bus.Define("push.grant.revoked", func(r revocation) string { return r.ID }, bus.InTopic(Topic), bus.Aggregate("broadcast"))
}

const typeRevoked = "push.grant.revoked"

// maxRevoked bounds the grants that a hub remembers as revoked: the oldest are forgotten.
const maxRevoked = 100_000

// Revoke ends the connections whose [Grant] has one of the ids, on all hubs, and lets nobody connect by such a grant any more, for as long as
// the hubs' [History] reaches back: let tokens live no longer than that. The publisher is a [bus.Bus], an outbox, or a shard's transaction.
func Revoke(ctx context.Context, publisher bus.Publisher, ids ...string) bus.Results {
	messages := make([]bus.Message, len(ids))
	for i, id := range ids {
		messages[i] = revokes().New(revocation{id})
	}
	return publisher.Publish(ctx, messages...)
}

// revoked is which grants are over, by when that was told. It changes under the hub's lock.
type revoked struct {
	ids   map[string]struct{}
	order []told
}

type told struct {
	id string
	at time.Time
}

// add remembers a grant, and forgets those that are older than the age.
func (r *revoked) add(id string, at time.Time, age time.Duration) {
	if _, known := r.ids[id]; !known {
		r.ids[id] = struct{}{}
		r.order = append(r.order, told{id, at})
	}
	for len(r.order) > maxRevoked || len(r.order) > 0 && at.Sub(r.order[0].at) > age {
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

// revoke ends those who are connected by a grant. The hub's lock is held.
func (h *Hub) revoke(r bus.Record) {
	v, err := revokes().Decode(r)
	if err != nil || v.ID == "" {
		return
	}
	h.revoked.add(v.ID, r.Time, h.settings.history.age)
	for c := range h.clients {
		if c.granted == v.ID {
			c.end(whyRevoked)
		}
	}
}
