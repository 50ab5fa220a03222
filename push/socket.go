package push

import (
	"context"
	"fmt"
	"net"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// socket is a WebSocket's connection. One goroutine reads it, and one writes while there is something to write, so that a quiet
// connection has one.
type socket struct {
	client
	calls
	work

	conn    *websocket.Conn
	wire    net.Conn
	grant   atomic.Pointer[Grant]
	base    context.Context //nolint:containedctx // of its calls: it carries whom they are for
	stop    context.CancelCauseFunc
	slot    int           // when it is pinged
	watches []spot        // under the hub's lock
	expiry  *time.Timer   // of the grant, under guard
	joining chan struct{} // has a place for one that is being brought to where it is live
	seen    atomic.Uint64 // the beat at which it was heard of last
	writing bool          // under mu
}

// open lets what has been queued meanwhile be written.
func (s *socket) open(conn *websocket.Conn, wire net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn, s.wire = conn, wire
	if s.ended || len(s.queue) > 0 {
		s.awake()
	}
}

// heard notes that the client lives.
func (s *socket) heard() { s.seen.Store(s.hub.beats.Load()) }

// read takes what the client sends until the connection is over.
func (s *socket) read() {
	for {
		kind, message, err := s.conn.Read(context.Background())
		if err != nil {
			if s.end(whyGone) {
				_ = s.conn.CloseNow()
			}
			return
		}
		s.heard()
		if !s.serving(time.Now()) {
			return
		}
		if kind != websocket.MessageText {
			s.end(whyBinary)
			return
		}
		if !s.received(message) {
			return
		}
	}
}

// received sees to a message on another stack: the reader's stays small, as there is one for each connection.
func (s *socket) received(message []byte) bool {
	goes := make(chan bool, 1)
	go func() {
		on := false
		defer func() {
			if v := recover(); v != nil {
				s.panicked("a message", v)
				s.end(whyFailed)
			}
			goes <- on
		}()
		on = s.receive(message)
	}()
	return <-goes
}

// panicked logs a panic of what the application does for a client.
func (s *socket) panicked(what string, v any) {
	s.hub.settings.logger.Error("push: a client's message made the application panic",
		"what", what, "error", fmt.Sprint(v), "stack", string(debug.Stack()))
}

// serving says whether the connection is still to be served, and ends it where its grant is over.
func (s *socket) serving(now time.Time) bool {
	if s.grant.Load().expired(now) {
		s.end(whyExpired)
	}
	return s.live()
}

// awake lets somebody write, unless that is so. The calls of a connection that ends do.
func (s *socket) awake() {
	if s.ended {
		s.stop(ErrDisconnected)
	}
	if !s.writing && s.conn != nil {
		s.writing = true
		go s.write()
	}
}

// write writes what is queued, and ends the connection where that is asked for.
func (s *socket) write() {
	buffer := s.hub.buffer()
	defer s.hub.buffers.Put(buffer)
	for {
		queue, over := s.next()
		if len(queue) == 0 {
			if over {
				s.close()
			}
			return
		}
		for rest := queue; len(rest) > 0; {
			chunk, n := join(rest, buffer)
			if _, err := s.wire.Write(chunk); err != nil {
				s.end(whyGone)
				s.abort()
				return
			}
			s.hub.meters.wrote(s.base, n, len(chunk))
			rest = rest[n:]
		}
		s.hub.reuse(queue)
	}
}

// next is what is to be written; who gets nothing has written all, and over says that the connection is to end.
func (s *socket) next() (queue []*frame, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 && !s.ended {
		s.writing = false
	}
	if queue = s.taken(); s.ended && s.why.atOnce() {
		queue = nil
	}
	return queue, s.ended
}

// close ends the connection with the reason, or at once where it is over.
func (s *socket) close() {
	if s.why == whyGone || s.why == whyDead {
		s.abort()
		return
	}
	code, reason := s.why.status()
	_ = s.conn.Close(code, reason)
	s.abort()
}

// abort ends all that the connection has.
func (s *socket) abort() {
	_ = s.conn.CloseNow()
	s.stop(ErrDisconnected)
	s.hub.dismiss(s)
}
