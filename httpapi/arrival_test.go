package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/millrace/millrace/httpapi"
)

// TestSlowBodiesOfStreams has clients that ask for a stream, and never send the rest of their body; and one that sends it, and reads for longer than
// a body may take.
func TestSlowBodiesOfStreams(t *testing.T) {
	t.Parallel()
	e, _ := newErrors(t)
	const limit = 100 * time.Millisecond
	server := httptest.NewServer(httpapi.Timeout(limit)(e.Handle(func(w http.ResponseWriter, r *http.Request) error {
		if _, err := io.ReadAll(r.Body); err != nil {
			return &httpapi.Problem{Status: http.StatusRequestTimeout, Detail: "the body does not come"}
		}
		select {
		case <-time.After(3 * limit):
			_, err := io.WriteString(w, "streamed")
			return err
		case <-r.Context().Done():
			return r.Context().Err()
		}
	})))
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	post := func(body io.Reader) reply {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
		r.Header.Set("Accept", "text/event-stream")
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return read(t, response)
	}
	body, rest := io.Pipe()
	defer rest.Close()
	if got := post(body); got.status != http.StatusRequestTimeout {
		t.Errorf("%+v", got)
	}
	whole, end := io.Pipe()
	go func() {
		_, _ = io.WriteString(end, "whole")
		_ = end.Close()
	}()
	if got := post(whole); got.status != http.StatusOK || got.body != "streamed" {
		t.Errorf("%+v", got)
	}
}
