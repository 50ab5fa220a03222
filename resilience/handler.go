package resilience

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
)

// Middleware serves requests under the policy, which must have no Retry and no Hedge, since an answer is written once. Statuses of 500 and above
// are failures to its breaker. A request that is refused, or whose time is over before its handler has written anything, is answered by refuse; nil
// means 503 with Retry-After, and 504. Errors handed to refuse match one of this package's sentinels.
func Middleware(p *Policy[int], refuse func(http.ResponseWriter, *http.Request, error)) (func(http.Handler) http.Handler, error) {
	if p.repeat != nil {
		return nil, fmt.Errorf("resilience: policy %q: a handler runs once: leave out Retry and Hedge", p.name)
	}
	if refuse == nil {
		refuse = plainly
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			watched := &watcher{ResponseWriter: w}
			_, err := p.Do(r.Context(), func(ctx context.Context) (int, error) {
				next.ServeHTTP(watched, r.WithContext(ctx))
				if watched.status >= http.StatusInternalServerError {
					return watched.status, Indefinite(fmt.Errorf("status %d", watched.status))
				}
				if watched.status == 0 && ctx.Err() != nil {
					return 0, context.Cause(ctx)
				}
				return watched.status, nil
			})
			if _, own := errors.AsType[*Error](err); own && watched.status == 0 {
				refuse(w, r, err)
			}
		})
	}, nil
}

func plainly(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusServiceUnavailable
	if errors.Is(err, ErrTimeout) {
		status = http.StatusGatewayTimeout
	} else {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wantedDelay(err).Seconds())))))
	}
	http.Error(w, http.StatusText(status), status)
}

// watcher sees which status is written. http.ResponseController reaches through it.
type watcher struct {
	http.ResponseWriter

	status int
}

// Unwrap is for http.ResponseController.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the status.
func (w *watcher) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that there is an answer.
func (w *watcher) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(data) //nolint:wrapcheck // the connection's own error
}
