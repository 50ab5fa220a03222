package push

import (
	"context"
	"net/http"

	"github.com/coder/websocket"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/request"
)

// WebSocket serves connections of RFC 6455, over HTTP/1.1. Their messages are text, and JSON-RPC 2.0; the package's documentation has the
// protocol. What a request may not is an RFC 9457 problem instead.
func (h *Hub) WebSocket() http.Handler {
	return h.answering(h.upgrade, (*refusal).write)
}

// upgrade makes a request a connection, or says why not.
func (h *Hub) upgrade(w http.ResponseWriter, r *http.Request) *refusal {
	grant, refused := h.authenticate(r)
	if refused != nil {
		return refused
	}
	s := &socket{joining: make(chan struct{}, 1)}
	s.client = newClient(h, grant, formatSocket, s.awake)
	s.hold = s.works
	s.serve(r, grant)
	s.grant.Store(&grant)
	if refused := h.admit(&s.client); refused != nil {
		s.stop(ErrDisconnected)
		return refused
	}
	under := &hijacked{ResponseWriter: w, limit: h.settings.write}
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
	h.enlist(s, conn, under.conn)
	s.allow(grant)
	go s.read()
	return nil
}

// serve makes the context of the connection's calls. The request's own ends with its handler, and would keep all of it.
func (s *socket) serve(r *http.Request, grant Grant) {
	info := grant.who(request.From(r.Context()))
	base := trace.ContextWithRemoteSpanContext(context.Background(), trace.SpanContextFromContext(r.Context()))
	s.base, s.stop = context.WithCancelCause(request.With(base, info))
}

// asking is the context of what the connection's client asks for from now on: a newer grant may have other roles.
func (s *socket) asking() context.Context {
	info := request.From(s.base)
	if now := s.grant.Load().who(info); now != info {
		return request.With(s.base, now)
	}
	return s.base
}
