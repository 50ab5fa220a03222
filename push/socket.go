package push

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/request"
)

// socket is a WebSocket's connection. One goroutine reads it, and one writes while there is something to write, so that a quiet
// connection has one.
type socket struct {
	client
	calls

	conn    *websocket.Conn
	wire    net.Conn
	grant   atomic.Pointer[Grant]
	base    context.Context //nolint:containedctx // of its calls: it carries whom they are for
	stop    context.CancelCauseFunc
	slot    int           // when it is pinged
	watches []spot        // under the hub's lock
	seen    atomic.Uint64 // the beat at which it was heard of last
	writing bool          // under mu
}

// WebSocket serves connections of RFC 6455, over HTTP/1.1. Their messages are text, and JSON-RPC 2.0; the package's documentation has the
// protocol. What a request may not is an RFC 9457 problem instead.
func (h *Hub) WebSocket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused := h.upgrade(w, r); refused != nil { //nolint:contextcheck // the connection outlives its request
			h.meters.refused(r.Context(), refused.status)
			refused.write(w)
		}
	})
}

// upgrade makes a request a connection, or says why not.
func (h *Hub) upgrade(w http.ResponseWriter, r *http.Request) *refusal {
	grant, refused := h.authenticate(r)
	if refused != nil {
		return refused
	}
	s := &socket{}
	s.client = newClient(h, grant, formatSocket, s.awake)
	s.grant.Store(&grant)
	s.serve(r, grant)
	if refused := h.admit(&s.client); refused != nil {
		s.stop(ErrDisconnected)
		return refused
	}
	under := &hijacked{ResponseWriter: w}
	heard := func(context.Context, []byte) { s.heard() }
	conn, err := websocket.Accept(under, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // authenticate has looked at where it comes from
		OnPingReceived:     func(ctx context.Context, b []byte) bool { heard(ctx, b); return true },
		OnPongReceived:     heard,
	})
	if err != nil { // and answered
		s.end(whyGone)
		s.stop(ErrDisconnected)
		h.leave(&s.client)
		return nil
	}
	conn.SetReadLimit(int64(h.settings.message))
	_ = under.conn.SetDeadline(time.Time{})
	s.open(conn, under.conn)
	h.enlist(s)
	go s.read()
	return nil
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

// serve makes the context of the connection's calls. The request's own ends with its handler, and would keep all of it.
func (s *socket) serve(r *http.Request, grant Grant) {
	info := request.From(r.Context())
	info.Tenant, info.Principal = grant.Tenant, grant.Principal
	base := trace.ContextWithRemoteSpanContext(context.Background(), trace.SpanContextFromContext(r.Context()))
	s.base, s.stop = context.WithCancelCause(request.With(base, info))
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
	over := make(chan bool, 1)
	go func() { over <- s.receive(message) }()
	return <-over
}

// awake lets somebody write, unless that is so.
func (s *socket) awake() {
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
			_ = s.wire.SetWriteDeadline(time.Now().Add(s.hub.settings.write))
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
	return s.taken(), s.ended
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
