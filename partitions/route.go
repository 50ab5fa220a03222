package partitions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/problem"
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
					unread(w, r, err)
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
			if !replay {
				unavailable(w, r)
				return
			}
		}
		step := time.NewTimer(forwardStep)
		select {
		case <-changed:
		case <-step.C:
		case <-deadline.C:
			e.forwarded(r.Context(), "unavailable")
			unavailable(w, r)
			return
		case <-r.Context().Done(): // its time is over, or nobody reads the answer
			unavailable(w, r)
			return
		}
		step.Stop()
	}
}

// forwardStep is how soon an owner that was not reached, or not ready, is asked again.
const forwardStep = 50 * time.Millisecond

var errUnreached = errors.New("partitions: the owner of the shard is not reached")

// unavailable says that nobody has begun with the request.
func unavailable(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "1")
	refuse(w, r, http.StatusServiceUnavailable, "the shard is on the move, or its owner is not reached; nothing was done, send it again")
}

// unread says why a body could not be read.
func unread(w http.ResponseWriter, r *http.Request, err error) {
	if large, is := errors.AsType[*http.MaxBytesError](err); is {
		refuse(w, r, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body must have at most %d bytes", large.Limit))
		return
	}
	refuse(w, r, http.StatusBadRequest, "the request's body ended early; send it again")
}

// refuse is an answer of Forward's own.
func refuse(w http.ResponseWriter, r *http.Request, status int, detail string) {
	(&problem.Problem{Status: status, Detail: detail}).Write(w, r)
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
		refuse(w, r, http.StatusBadGateway, "the owner of the shard did not answer; it may have done what was asked")
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
