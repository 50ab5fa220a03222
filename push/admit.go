package push

import (
	"net/http"
	"slices"
)

// admit gives a client one of the hub's places, before anything is done for it.
func (h *Hub) admit(c *client) *refusal {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.draining:
		return h.busy("the server is stopping; connect again")
	case !h.warm || !h.opened:
		return h.busy("the server is starting; try again in a moment")
	case h.settings.compacted.Load():
		return h.busy("the server cannot tell what clients miss, and its operator is told why; try again later")
	case len(h.clients) >= h.settings.connections:
		return h.busy("the server has as many clients as it takes; try again later")
	case c.tenant != "" && h.tenants[c.tenant] >= h.settings.tenantConnections:
		return &refusal{http.StatusTooManyRequests, "the tenant has as many connections as it may; close some, or try again later", h.jitter()}
	}
	if _, over := h.revoked.ids[c.granted]; over {
		return &refusal{status: http.StatusUnauthorized, detail: "what allows it was revoked"}
	}
	h.clients[c] = struct{}{}
	if c.tenant != "" {
		h.tenants[c.tenant]++
	}
	return nil
}

func (h *Hub) busy(detail string) *refusal {
	return &refusal{http.StatusServiceUnavailable, detail, h.jitter()}
}

// leave gives the place back.
func (h *Hub) leave(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
	if h.tenants[c.tenant]--; h.tenants[c.tenant] <= 0 {
		delete(h.tenants, c.tenant)
	}
	for _, f := range slices.Clone(c.places) {
		h.unfollow(c, f.follow)
	}
	if len(h.clients) == 0 {
		select {
		case h.empty <- struct{}{}:
		default:
		}
	}
}

// standing is a frame that tells a client where it stands, which is right when all before it was queued. It keeps a
// client on a quiet channel from falling behind what Kafka keeps. The hub's lock is held.
func (h *Hub) standing(c *client) (*frame, bool) {
	if !h.warm || !c.joined || !c.live() {
		return nil, false
	}
	return frameOf(c.format.framing().position(h.position.String())), true
}

// heartbeat is what a quiet client is sent.
func (h *Hub) heartbeat(c *client) *frame {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f, ok := h.standing(c); ok && c.current() {
		return f
	}
	return frameOf(c.format.streaming().keepAlive())
}
