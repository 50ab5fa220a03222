package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/httpapi"
)

// made is a step that makes a context of the request's, as applications' own do, and shows it.
func made(own *context.Context) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithCancel(context.WithValue(r.Context(), ownKey{}, "own"))
			defer cancel()
			*own = ctx //nolint:fatcontext // for the test to look at
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

type ownKey struct{}

// TestTimeoutEndsContexts looks at a context that a step has made when the time is over, when the client has gone, and when the handler has returned.
func TestTimeoutEndsContexts(t *testing.T) {
	t.Parallel()
	errGone := errors.New("the client has gone")
	for _, test := range []struct {
		gone, work time.Duration
		err, cause error
	}{
		{time.Hour, time.Hour, context.DeadlineExceeded, context.DeadlineExceeded},
		{time.Second / 2, time.Hour, context.Canceled, errGone},
		{time.Hour, time.Second / 2, context.Canceled, context.Canceled},
	} {
		synctest.Test(t, func(t *testing.T) {
			var own context.Context
			var err, cause error
			h := httpapi.Timeout(time.Second)(made(&own)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if at, has := r.Context().Deadline(); !has || !at.Equal(time.Now().Add(time.Second)) {
					t.Errorf("its deadline is %s", at)
				}
				select {
				case <-r.Context().Done():
					err, cause = r.Context().Err(), context.Cause(r.Context())
				case <-time.After(test.work):
				}
			})))
			ctx, gone := context.WithCancelCause(t.Context())
			leaves := time.AfterFunc(test.gone, func() { gone(errGone) })
			defer leaves.Stop()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
			if err == nil { // the handler has returned before
				err, cause = own.Err(), context.Cause(own)
			}
			if err != test.err || !errors.Is(cause, test.cause) { //nolint:errorlint // as package context has it
				t.Errorf("%v because of %v, want %v because of %v", err, cause, test.err, test.cause)
			}
			if test.err == context.DeadlineExceeded && cause == err { //nolint:errorlint // as package context has it
				t.Error("the cause does not say whose time is over")
			}
		})
	}
}

// TestStreamKeepsContexts has a step between the limit and a stream: the stream is not over with the limit, and ends with the step's context.
func TestStreamKeepsContexts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		errStep := errors.New("the step has ended it")
		ended := time.Duration(0)
		step := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithCancelCause(context.WithValue(r.Context(), ownKey{}, "own"))
				time.AfterFunc(time.Minute, func() { cancel(errStep) })
				next.ServeHTTP(w, r.WithContext(ctx))
			})
		}
		h := httpapi.Timeout(time.Second)(step(httpapi.Stream(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			began := time.Now()
			if _, has := r.Context().Deadline(); has || r.Context().Value(ownKey{}) != "own" {
				t.Error("the context has a deadline, or not the step's values")
			}
			select {
			case <-r.Context().Done():
			case <-time.After(time.Hour):
			}
			if ended = time.Since(began); !errors.Is(context.Cause(r.Context()), errStep) {
				t.Errorf("it ended with %v", context.Cause(r.Context()))
			}
		}))))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if ended != time.Minute {
			t.Errorf("it ended after %s", ended)
		}
	})
}
