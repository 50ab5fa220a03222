package httpapi

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
)

// writer sees what is written. http.ResponseController reaches through it, and it has the interfaces that older code asks for.
type writer struct {
	http.ResponseWriter

	status   int   // 0 while nothing is written
	size     int64 // of the body
	hijacked bool
	carries  bool
	own      http.Request // the steps' copy of it
}

// watch returns w itself where it is one already.
func watch(w http.ResponseWriter) *writer {
	if watched, is := w.(*writer); is {
		return watched
	}
	return &writer{ResponseWriter: w}
}

// carry returns the request with another context. Its first copy is the steps' own, and changes in place from then on, so that all of them together
// make one. No step changes it after the next one has it.
func (w *writer) carry(ctx context.Context, r *http.Request) *http.Request {
	switch {
	case r == &w.own:
		*r = *r.WithContext(ctx)
		return r
	case w.carries: // it is a copy of a step of somebody else's
		return r.WithContext(ctx)
	}
	w.carries, w.own = true, *r.WithContext(ctx)
	return &w.own
}

// clear removes the files of a form that was read from the steps' own copy of the request: net/http looks at its own request alone.
func (w *writer) clear() {
	if form := w.own.MultipartForm; form != nil {
		_ = form.RemoveAll() // as net/http does
	}
}

// answered is the status of an answer that is over, 0 for none.
func (w *writer) answered() int {
	if w.status == 0 && !w.hijacked {
		return http.StatusOK // as net/http does
	}
	return w.status
}

// begun says whether it is too late for another answer.
func (w *writer) begun() bool { return w.status != 0 || w.hijacked }

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the status.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that there is an answer.
func (w *writer) Write(data []byte) (int, error) {
	w.begin()
	n, err := w.ResponseWriter.Write(data)
	w.size += int64(n)
	return n, err //nolint:wrapcheck // the connection's own error
}

// ReadFrom lets the connection copy by itself where it can.
func (w *writer) ReadFrom(from io.Reader) (int64, error) {
	w.begin()
	n, err := io.Copy(w.ResponseWriter, from)
	w.size += n
	return n, err //nolint:wrapcheck // the connection's own error
}

func (w *writer) begin() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

// Flush sends what is written.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError sends what is written.
func (w *writer) FlushError() error {
	w.begin()
	return http.NewResponseController(w.ResponseWriter).Flush() //nolint:wrapcheck // the connection's own error
}

// Hijack hands the connection over.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.hijacked = w.hijacked || err == nil
	return conn, buffer, err //nolint:wrapcheck // the connection's own error
}
