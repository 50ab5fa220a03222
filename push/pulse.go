package push

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// slots is in how many parts of a heartbeat connections are pinged, some in each.
const slots = 16

// silent is how many beats a client may be silent: it was pinged twice meanwhile.
const silent = 2*slots + 1

// pulse pings WebSockets until ctx ends, and ends those that do not answer.
func (h *Hub) pulse(ctx context.Context) {
	var looking sync.WaitGroup
	defer looking.Wait()
	looking.Go(func() { h.inspect(ctx) })
	ticker := time.NewTicker(h.settings.heartbeat / slots)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h.beat(ctx)
		}
	}
}

// beat pings those whose turn it is. It tells them where they stand, too.
func (h *Hub) beat(ctx context.Context) {
	now := h.beats.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	ping := frameOf(framed(opPing, nil))
	both := ping
	if h.warm {
		both = frameOf(append(framed(opPing, nil), formatSocket.framing().position(h.position.String())...))
	}
	for s := range h.sockets[now%slots] {
		switch {
		case now-s.seen.Load() > silent:
			s.end(whyDead)
			_ = s.wire.SetDeadline(time.Now())
		case s.joined && len(s.places) > 0:
			s.send(ctx, both)
		default:
			s.send(ctx, ping)
		}
	}
}

// enlist lets a WebSocket be pinged.
func (h *Hub) enlist(s *socket, conn *websocket.Conn, wire net.Conn) {
	s.heard()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seats++
	s.slot = h.seats % slots
	h.sockets[s.slot][s] = struct{}{}
	s.open(conn, wire)
}

// dismiss takes a WebSocket out of all that the hub has.
func (h *Hub) dismiss(s *socket) {
	h.mu.Lock()
	delete(h.sockets[s.slot], s)
	h.unwatch(s, slices.Clone(s.watches)...)
	h.mu.Unlock()
	s.guard.Lock()
	if s.expiry != nil {
		s.expiry.Stop()
	}
	s.guard.Unlock()
	h.leave(&s.client)
}

func (h *Hub) buffer() *[]byte {
	buffer, _ := h.buffers.Get().(*[]byte)
	return buffer
}
