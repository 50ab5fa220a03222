package partitions

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"time"

	"github.com/millrace/millrace/problem"
	"github.com/millrace/millrace/request"
)

// ForwardOption changes how requests are forwarded. See [Group.Forward].
type ForwardOption interface{ applyForward(*forwarder) }

type forwardOption func(*forwarder)

func (f forwardOption) applyForward(to *forwarder) { f(to) }

// ForwardWait is how long a request waits while its shard moves. The default is 5 seconds.
func ForwardWait(d time.Duration) ForwardOption {
	return forwardOption(func(f *forwarder) { f.wait = d })
}

// ForwardTransport is what requests to other nodes go through, instead of [http.DefaultTransport].
func ForwardTransport(t http.RoundTripper) ForwardOption {
	return forwardOption(func(f *forwarder) { f.proxy.Transport = t })
}

type forwarder struct {
	group *Group
	keyOf func(*http.Request) (string, error)
	next  http.Handler
	wait  time.Duration
	proxy httputil.ReverseProxy
}

// maxReplayed is the largest body that is held in memory, so that it can be sent again after the shard has moved.
const maxReplayed = 1 << 20

// Forward is HTTP middleware that runs each request on the node that owns the shard of its key: here, or through the
// address that the owner has given to [Advertise], "host:port" or "https://host:port". All nodes serve the same paths,
// with the same [PeerSecret]; without these two options every request is answered with 500.
//
// The owner's context has the tenant, principal, roles, session, request id, locale and deadline that this node's had, signed
// together with method and path. The deadline is a time of day: where the owner's clock is fast, it comes early. The body is
// not signed: nodes talk over a network that is trusted, or TLS. A request is forwarded once. While its shard moves it
// waits, see [ForwardWait], and then gets 503; bodies larger than 1 MiB, or of unknown length, wait only until they are
// sent. What may have reached the owner is not sent again: 502. An error of keyOf that is a [problem.Problem] is answered as that says, any
// other with 400, and a signature that is not the group's with 403. All these answers are problems of RFC 9457.
//
// Nodes of versions that know no roles and sessions take what has neither, and answer 403 to what has: they cannot vouch for it, and to
// leave roles out would let requests fail in other ways. Upgrade all nodes first, and let credentials name roles or a session
// then; the other way round, requests that old nodes own fail until the last one is upgraded.
//
// Where a request lands is no proof of ownership: [Group.View], [Group.Do] and [Ask] are.
func (g *Group) Forward(keyOf func(*http.Request) (string, error), opts ...ForwardOption) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		f := &forwarder{group: g, keyOf: keyOf, next: next, wait: 5 * time.Second}
		f.proxy.Transport = http.DefaultTransport
		for _, opt := range opts {
			opt.applyForward(f)
		}
		return f
	}
}

// Forwarded says whether another node of the group has sent the request on, which its signature shows, and for whom. Middleware before
// [Group.Forward] that asks who asks, counts requests, or remembers them, leaves such a request alone: that was done there.
func (g *Group) Forwarded(r *http.Request) (request.Info, bool) {
	if r.Header.Get(headerPeer) == "" {
		return request.Info{}, false
	}
	e, err := g.running()
	if err != nil {
		return request.Info{}, false
	}
	ctx, _, err := e.config.unseal(r)
	if err != nil {
		return request.Info{}, false
	}
	return request.From(ctx), true
}

// ServeHTTP serves the request here, or lets its owner do it.
func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, err := f.group.running()
	if err != nil {
		unavailable(w, r)
		return
	}
	if len(e.config.secrets) == 0 || e.config.address == "" {
		e.logger.ErrorContext(r.Context(), "partitions: Forward needs the options Advertise and PeerSecret", "group", e.config.name)
		refuse(w, r, http.StatusInternalServerError, "requests cannot be forwarded; the server's log says why")
		return
	}
	peer := r.Header.Get(headerPeer) != ""
	if peer {
		ctx, until, err := e.config.unseal(r)
		if err != nil {
			e.forwarded(r.Context(), "refused")
			refuse(w, r, http.StatusForbidden, err.Error())
			return
		}
		if !until.IsZero() {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, until)
			defer cancel()
		}
		r.Header.Del(headerPeer)
		reveal(r.Header)
		r = r.WithContext(ctx) //nolint:contextcheck // made from the request's
	}
	key, err := f.keyOf(r)
	if told, is := errors.AsType[*problem.Problem](err); is {
		told.Write(w, r)
		return
	}
	if err != nil {
		refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	if peer {
		f.serve(e, w, r, key, func(error) {
			w.Header().Set(headerPeer, peerMoved)
			refuse(w, r, http.StatusMisdirectedRequest, "this node does not own the shard, or not yet")
		})
		return
	}
	f.route(e, w, r, key)
}

// serve calls the handler behind the middleware where the shard is handled here.
func (f *forwarder) serve(e *engine, w http.ResponseWriter, r *http.Request, key string, otherwise func(error)) {
	s, err := e.live(key)
	if err != nil {
		otherwise(err)
		return
	}
	info := request.From(r.Context())
	info.Shard = request.Shard{Group: e.config.name, ID: s.id, Node: e.config.node, Leader: true}
	f.next.ServeHTTP(w, r.WithContext(request.With(r.Context(), info)))
}
