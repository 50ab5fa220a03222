package push_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// event is one event of a stream.
type event struct{ name, id, data string }

// stream is a connected client.
type stream struct {
	*testing.T
	lines  *bufio.Scanner
	close  func()
	lastID string
	retry  string

	buffered string
}

// ask requests a stream.
func ask(t *testing.T, url, lastID string, headers ...string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func newStream(t *testing.T, resp *http.Response, lastID string) *stream {
	t.Helper()
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		t.Fatalf("status %d", resp.StatusCode)
	}
	s := &stream{T: t, lines: bufio.NewScanner(resp.Body), lastID: lastID}
	s.lines.Buffer(nil, 4<<20)
	s.close = sync.OnceFunc(func() { _ = resp.Body.Close() })
	t.Cleanup(s.close)
	return s
}

// connectFrom resumes a client; what it missed comes first.
func connectFrom(t *testing.T, url, lastID string, headers ...string) *stream {
	t.Helper()
	return newStream(t, ask(t, url, lastID, headers...), lastID) //nolint:bodyclose // the stream closes it
}

// connect returns once the client is in.
func connect(t *testing.T, url, lastID string, headers ...string) *stream {
	t.Helper()
	s := connectFrom(t, url, lastID, headers...)
	for s.lastID == "" || s.retry == "" { // the first id comes without an event, and says that the client is in
		if !s.line(&event{}) {
			break
		}
	}
	return s
}

// line reads one line into e, as the WHATWG standard says, and reports whether there was one.
func (s *stream) line(e *event) bool {
	if !s.lines.Scan() {
		return false
	}
	field, value, _ := strings.Cut(s.lines.Text(), ":")
	value = strings.TrimPrefix(value, " ")
	switch field {
	case "event":
		e.name = value
	case "id":
		e.id, s.buffered = value, value
	case "":
		if s.lines.Text() == "" && s.buffered != "" {
			s.lastID = s.buffered // an event that is cut in its middle does not count
		}
	case "retry":
		s.retry = value
	case "data":
		e.data += value + "\n"
	}
	return true
}

// next returns the next event, and false at the end of the stream.
func (s *stream) next() (event, bool) {
	var e event
	for s.line(&e) {
		if s.lines.Text() == "" {
			if e.data != "" {
				e.data = strings.TrimSuffix(e.data, "\n")
				return e, true
			}
			e = event{}
		}
	}
	return e, false
}
