package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// MaxBody refuses bodies that are larger, in bytes: at once with 413 where the request says so, else when a handler has read as much; its error is
// an *http.MaxBytesError then, which [Errors] answers with 413.
func MaxBody(bytes int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > bytes {
				w.Header().Set("Connection", "close")
				tooLarge(bytes).Write(w, r)
				return
			}
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = http.MaxBytesReader(w, r.Body, bytes)
			}
			next.ServeHTTP(w, r)
		})
	}
}

func tooLarge(bytes int64) *Problem {
	return &Problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("send a body of %d bytes at most", bytes)}
}

var errTimeout = fmt.Errorf("httpapi: the request's time is over: %w", context.DeadlineExceeded)

func timedOut() *Problem {
	return &Problem{Status: http.StatusGatewayTimeout, Detail: "the server did not answer in time; it may have done what was asked"}
}

// afterTime is how much later the connection's own deadlines are, so that the context's comes first.
const afterTime = 500 * time.Millisecond

// Timeout ends the context of a request after the time, and then answers with 504 if its handler returns and has written nothing. A handler that
// does not look at its context is waited for. A client that sends or reads too slowly is cut off a little later. Requests that are [Streaming], and
// handlers in [Stream], have no limit.
func Timeout(most time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if Streaming(r) {
				arrives(w, r, most)
				next.ServeHTTP(w, r)
				return
			}
			ctx := limit(r.Context(), most)
			defer ctx.end()
			watched := watch(w)
			connection, until := http.NewResponseController(watched), time.Now().Add(most+afterTime)
			_ = connection.SetReadDeadline(until) // not every writer has them
			_ = connection.SetWriteDeadline(until)
			inner := r.WithContext(ctx)                              //nolint:contextcheck // the handler's own: what it began may look at it later
			defer func() { r.MultipartForm = inner.MultipartForm }() // for who removes its files
			next.ServeHTTP(watched, inner)
			if !watched.begun() && errors.Is(context.Cause(ctx), errTimeout) { //nolint:contextcheck // as above
				_ = connection.SetWriteDeadline(time.Now().Add(afterTime))
				timedOut().Write(watched, r)
			}
			if !watched.hijacked {
				_ = connection.SetWriteDeadline(time.Time{}) // the connection's next request begins without one
			}
		})
	}
}

// arrives bounds the time in which a body comes. That of a stream's connection ends with the body.
func arrives(w http.ResponseWriter, r *http.Request, limit time.Duration) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	if _, watched := r.Body.(*incoming); watched {
		return
	}
	connection := http.NewResponseController(w)
	if connection.SetReadDeadline(time.Now().Add(limit)) == nil && Streaming(r) { // not every writer has one
		r.Body = &incoming{r.Body, connection}
	}
}

// incoming is a body whose end lifts the limit of its arrival.
type incoming struct {
	io.ReadCloser

	connection *http.ResponseController
}

// Read lifts the limit where nothing more comes.
func (a *incoming) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = a.connection.SetReadDeadline(time.Time{}) // it had one
	}
	return n, err //nolint:wrapcheck // as the connection says it
}

// Stream lifts the [Timeout] that stands before a handler whose answers have no end by themselves, whatever its requests say: curl asks for an event
// stream as for anything else. Contexts that steps between the two have made go on as the request does.
func Stream(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if of, is := r.Context().Value(limitedKey{}).(*limited); is && of.lift() {
			connection := http.NewResponseController(w)
			_ = errors.Join(connection.SetReadDeadline(time.Time{}), connection.SetWriteDeadline(time.Time{})) // not every writer has them
		}
		next.ServeHTTP(w, r)
	})
}

// Streaming says whether the answer to a request has no end by itself: it asks for another protocol, as WebSockets do, or accepts an event stream.
func Streaming(r *http.Request) bool {
	if r.Header["Upgrade"] != nil {
		return true
	}
	for _, accepted := range r.Header["Accept"] {
		if strings.Contains(accepted, "text/event-stream") {
			return true
		}
	}
	return false
}
