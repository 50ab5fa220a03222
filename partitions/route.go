package partitions

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// route finds who can serve the request, for as long as nobody has begun with it.
func (f *forwarder) route(e *engine, w http.ResponseWriter, r *http.Request, key string) {
	deadline := time.NewTimer(f.wait)
	defer deadline.Stop()
	var body []byte
	replay := r.ContentLength >= 0 && r.ContentLength <= maxReplayed
	for read := false; ; {
		changed := e.watchers.wait()
		var refused error
		f.serve(e, w, r, key, func(err error) { refused = err })
		elsewhere, ok := errors.AsType[*NotOwnerError](refused)
		if !ok {
			return
		}
		if owner := elsewhere.Owner; owner.Address != "" && !owner.Self {
			if replay && !read {
				var err error
				if body, err = io.ReadAll(r.Body); err != nil {
					http.Error(w, "the request's body ended too early", http.StatusBadRequest)
					return
				}
				read = true
			}
			var again func() (io.ReadCloser, error)
			if read {
				again = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
				r.Body, _ = again()
			}
			if f.pass(e, w, r, owner, again) {
				return
			}
			if refused = errUnreached; !replay {
				unavailable(w, refused)
				return
			}
		}
		step := time.NewTimer(forwardStep)
		select {
		case <-changed:
		case <-step.C:
		case <-deadline.C:
			e.forwarded(r.Context(), "unavailable")
			unavailable(w, refused)
			return
		case <-r.Context().Done():
			return
		}
		step.Stop()
	}
}

// forwardStep is how soon an owner that was not reached, or not ready, is asked again.
const forwardStep = 50 * time.Millisecond

var errUnreached = errors.New("partitions: the owner of the shard is not reached")

func unavailable(w http.ResponseWriter, err error) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, err.Error(), http.StatusServiceUnavailable)
}

// pass sends the request to its owner. It is false where the owner cannot have begun with it, and nothing was answered.
// body lets the transport go on to another connection where the owner had closed the first; it may be nil.
func (f *forwarder) pass(e *engine, w http.ResponseWriter, r *http.Request, owner Node, body func() (io.ReadCloser, error)) (answered bool) {
	answered = true
	proxy := f.proxy
	proxy.Rewrite = func(p *httputil.ProxyRequest) { //nolint:contextcheck // the request has it
		address := owner.Address
		if !strings.Contains(address, "://") {
			address = "http://" + address
		}
		if target, err := url.Parse(address); err == nil {
			p.Out.URL.Scheme, p.Out.URL.Host = target.Scheme, target.Host
		}
		p.Out.Host, p.Out.GetBody = p.In.Host, body
		p.Out.Header["X-Forwarded-For"] = p.In.Header["X-Forwarded-For"]
		p.SetXForwarded()
		disguise(p.Out.Header)
		e.config.seal(r.Context(), p.Out, owner.ID)
	}
	proxy.ModifyResponse = func(response *http.Response) error {
		if response.Header.Get(headerPeer) == peerMoved {
			return errUnreached
		}
		return nil
	}
	proxy.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
		dial, ok := errors.AsType[*net.OpError](err)
		if ok && dial.Op == "dial" || errors.Is(err, errUnreached) {
			answered = false
			return
		}
		e.logger.WarnContext(r.Context(), "partitions: a forwarded request failed", "group", e.config.name, "to", owner.ID, "error", err)
		http.Error(w, "the owner of the shard did not answer", http.StatusBadGateway)
	}
	proxy.ServeHTTP(w, r)
	if answered {
		e.forwarded(r.Context(), "forwarded")
	}
	return answered
}

func (e *engine) forwarded(ctx context.Context, outcome string) {
	e.meters.forwards.Add(ctx, 1, e.meters.group, metric.WithAttributes(attribute.String("outcome", outcome)))
}
