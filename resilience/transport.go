package resilience

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Transport makes an HTTP client's requests under the policy, each attempt by next; nil means http.DefaultTransport.
//
// Further attempts are only made of requests that are harmless twice (GET, HEAD, OPTIONS, TRACE, PUT, DELETE, or with a header
// Idempotency-Key) and whose body can be had again (Request.GetBody). The statuses 429, 502, 503 and 504 are transient failures, and 500 an
// indefinite one; Retry-After is heeded. When the attempts end with such an answer it is returned as it is. Timeouts bound the time until the
// header of the answer is there; its body ends with the request's own context.
func Transport(p *Policy[*http.Response], next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{policy: p, next: next}
}

type transport struct {
	policy *Policy[*http.Response]
	next   http.RoundTripper
}

// RoundTrip makes the request under the policy.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	all := answers{keep: t.policy.hedged}
	var tried atomic.Bool
	answer, err := t.policy.run(r.Context(), func(ctx context.Context) (*http.Response, error) {
		tried.Store(true)
		answer, err := t.once(ctx, r)
		if err != nil {
			return nil, err
		}
		all.add(answer)
		return answer, judge(answer)
	}, repeatable(r))
	if status, ok := errors.AsType[*statusError](err); ok && !errors.Is(err, ErrTimeout) && r.Context().Err() == nil {
		answer, err = status.answer, nil
	}
	if err != nil {
		answer = nil
	}
	all.end(answer)
	if r.Body != nil && (r.GetBody != nil || !tried.Load()) { // else who was given it closes it
		_ = r.Body.Close()
	}
	return answer, err
}

// once makes one attempt. Its context is the request's own, which ctx only ends until the answer is there.
func (t *transport) once(ctx context.Context, r *http.Request) (*http.Response, error) {
	own, cancel := context.WithCancelCause(r.Context())
	bound := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	attempt := r.Clone(own) //nolint:contextcheck // ctx ends own until the answer is there
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			cancel(nil)
			return nil, Permanent(fmt.Errorf("resilience: body of the request: %w", err))
		}
		attempt.Body = body
	}
	answer, err := t.next.RoundTrip(attempt)
	if !bound() && err == nil { // too late
		_ = answer.Body.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		cancel(nil)
		return nil, err
	}
	answer.Body = &body{ReadCloser: answer.Body, cancel: func() { cancel(nil) }}
	return answer, nil
}

// body ends the context of its attempt when it is closed.
type body struct {
	io.ReadCloser

	cancel func()
}

func (b *body) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close() //nolint:wrapcheck // the body's own error
}

// Write is there for answers that switch protocols.
func (b *body) Write(data []byte) (int, error) {
	if w, ok := b.ReadCloser.(io.Writer); ok {
		return w.Write(data) //nolint:wrapcheck // the connection's own error
	}
	return 0, errors.New("resilience: the body cannot be written to")
}

// answers are those of one request's attempts. All but the one that is returned are closed, as soon as there is a later one, unless keep is set
// since hedges come in any order.
type answers struct {
	keep  bool
	mu    sync.Mutex
	got   []*http.Response
	ended bool
}

func (a *answers) add(answer *http.Response) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		_ = answer.Body.Close()
		return
	}
	if !a.keep {
		for _, earlier := range a.got {
			_ = earlier.Body.Close()
		}
		a.got = a.got[:0]
	}
	a.got = append(a.got, answer) //nolint:bodyclose // end closes it
}

func (a *answers) end(chosen *http.Response) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	for _, answer := range a.got {
		if answer != chosen {
			_ = answer.Body.Close()
		}
	}
}

// statusError is an answer that counts as a failure.
type statusError struct {
	answer *http.Response
	after  time.Duration
}

func (e *statusError) Error() string { return "status " + e.answer.Status }

// RetryAfter is what the answer asks for.
func (e *statusError) RetryAfter() time.Duration { return e.after }

// Class is indefinite where the request may have been served in part.
func (e *statusError) Class() Class {
	if code := e.answer.StatusCode; code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
		return ClassTransient
	}
	return ClassIndefinite
}

func judge(answer *http.Response) error {
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		failed := &statusError{answer: answer}
		text := answer.Header.Get("Retry-After")
		if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
			failed.after = max(0, time.Duration(seconds)*time.Second)
		} else if at, err := http.ParseTime(text); err == nil {
			failed.after = max(0, time.Until(at))
		}
		return failed
	}
	return nil
}

func repeatable(r *http.Request) bool {
	if r.Body != nil && r.Body != http.NoBody && r.GetBody == nil {
		return false
	}
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return r.Header.Get("Idempotency-Key") != ""
}
