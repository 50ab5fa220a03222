package httpapi

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
)

// kept is an answer as it is stored.
type kept struct {
	Status int         `json:"status"`
	Header http.Header `json:"header,omitempty"`
	Body   []byte      `json:"body,omitempty"`
	// Lost says that the answer was too large, or a stream, and cannot be replayed.
	Lost bool `json:"lost,omitempty"`
}

// unkept are header fields that belong to one delivery of an answer. Cookies are secrets.
var unkept = []string{"Connection", "Date", "Keep-Alive", "Set-Cookie", "Transfer-Encoding", HeaderRequestID} //nolint:gochecknoglobals // constant

// recorder holds an answer back until it is stored. What is flushed goes at once, and is kept too; an answer that is too large, or hijacked, goes its
// way.
type recorder struct {
	http.ResponseWriter

	before  http.Header // as it was
	most    int
	status  int
	body    bytes.Buffer
	sent    int  // how much of the body has gone
	begun   bool // the status has gone
	passing bool
}

func record(w http.ResponseWriter, most int) *recorder {
	return &recorder{ResponseWriter: w, before: maps.Clone(w.Header()), most: most}
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader holds the status.
func (w *recorder) WriteHeader(status int) {
	switch {
	case w.passing || status < http.StatusOK && status != http.StatusSwitchingProtocols:
		w.ResponseWriter.WriteHeader(status)
	case status == http.StatusSwitchingProtocols:
		w.status, w.passing = status, true
		w.ResponseWriter.WriteHeader(status)
	case w.status == 0:
		w.status = status
	}
}

// Write holds the data, as long as it is not too much.
func (w *recorder) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if !w.passing && w.body.Len()+len(data) <= w.most {
		return w.body.Write(data) //nolint:wrapcheck // it has no error
	}
	if err := w.pass(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(data) //nolint:wrapcheck // the connection's own error
}

// FlushError lets go what is there of the answer.
func (w *recorder) FlushError() error {
	if err := w.send(); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush() //nolint:wrapcheck // the connection's own error
}

// Flush lets go what is there of the answer.
func (w *recorder) Flush() { _ = w.FlushError() }

// Hijack hands the connection over.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.passing = w.passing || err == nil
	return conn, buffer, err //nolint:wrapcheck // the connection's own error
}

// pass sends what was held back, and everything from then on.
func (w *recorder) pass() error {
	if w.passing {
		return nil
	}
	err := w.send()
	w.passing = true
	return err
}

// send sends what was held back until now.
func (w *recorder) send() error {
	if w.passing {
		return nil
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if !w.begun {
		w.begun = true
		w.ResponseWriter.WriteHeader(w.status)
	}
	n, err := w.ResponseWriter.Write(w.body.Bytes()[w.sent:])
	w.sent += n
	return err //nolint:wrapcheck // the connection's own error
}

// deliver sends all of the answer now, as net/http would send it at the end of the request.
func (w *recorder) deliver() {
	header := w.Header()
	bodied := w.status != http.StatusNoContent && w.status != http.StatusNotModified
	if bodied && !w.passing && !w.begun && header["Trailer"] == nil {
		header.Set("Content-Length", strconv.Itoa(w.body.Len()))
	}
	_ = w.FlushError() // the client has gone
}

// repeatable says whether a repeated request should get this answer: a server's failure, a time-out, a limit, and what became of a request whose
// client has gone are for once.
func (w *recorder) repeatable(r *http.Request) bool {
	switch w.status {
	case 0:
		return r.Context().Err() == nil
	case http.StatusRequestTimeout, http.StatusTooManyRequests, statusGone:
		return false
	}
	return w.status < http.StatusInternalServerError
}

// unrouted says whether the answer may be that of a router which has no route.
func (w *recorder) unrouted() bool {
	return w.status == http.StatusNotFound || w.status == http.StatusMethodNotAllowed
}

// indefinite says whether what was asked may still run, elsewhere: nobody can say what became of it.
func (w *recorder) indefinite() bool {
	return w.status == http.StatusBadGateway || w.status == http.StatusGatewayTimeout
}

// answer is what is stored: nothing that was there before the handler.
func (w *recorder) answer() []byte {
	k := kept{Status: w.status, Lost: w.passing}
	if k.Status == 0 {
		k.Status = http.StatusOK
	}
	if !k.Lost {
		k.Body, k.Header = w.body.Bytes(), make(http.Header)
		for name, values := range w.Header() {
			if !slices.Equal(values, w.before[name]) && !slices.Contains(unkept, name) {
				k.Header[name] = values
			}
		}
	}
	text, _ := json.Marshal(k) //nolint:errchkjson // it has nothing that fails
	return text
}

// replay answers with what was stored.
func replay(w http.ResponseWriter, r *http.Request, answer []byte) error {
	var k kept
	if err := json.Unmarshal(answer, &k); err != nil {
		return err //nolint:wrapcheck // the caller says of what
	}
	if k.Lost {
		(&Problem{Status: http.StatusConflict, Detail: "this was done, and its answer was too large to be kept; read what it made"}).Write(w, r)
		return nil
	}
	maps.Copy(w.Header(), k.Header)
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(k.Status)
	_, _ = w.Write(k.Body) // the client has gone
	return nil
}
