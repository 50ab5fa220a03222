package push_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

func TestHTTP2(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	hub, ready := running(t, b)
	server := httptest.NewUnstartedServer(hub.SSE())
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	<-ready
	open := func() *stream {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"?channel=news", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.ProtoMajor != 2 || resp.Header.Get("X-Accel-Buffering") != "no" ||
			!strings.Contains(resp.Header.Get("Cache-Control"), "no-transform") {
			t.Errorf("%s, %v", resp.Proto, resp.Header)
		}
		s := newStream(t, resp, "")
		for s.lastID == "" {
			s.line(&event{})
		}
		return s
	}
	gone, stays := open(), open()
	gone.close()
	publish(t, b, push.Define[string]("news"), "k", "view")
	if got, _ := stays.next(); got.data != `"view"` {
		t.Errorf("got %+v", got)
	}
	stays.close()
}

// hidden is a middleware's writer that cannot flush.
type hidden struct{ http.ResponseWriter }

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	unready, err := push.New(b)
	if err != nil {
		t.Fatal(err)
	}
	hub, ready := running(t, b)
	<-ready
	for name, test := range map[string]struct {
		hub    *push.Hub
		method string
		target string
		plain  bool
		want   int
	}{
		"POST":            {hub, http.MethodPost, "/?channel=a", false, 405},
		"HEAD":            {hub, http.MethodHead, "/?channel=a", false, 405},
		"not running":     {unready, http.MethodGet, "/?channel=a", false, 503},
		"cannot flush":    {hub, http.MethodGet, "/?channel=a", true, 500},
		"no channel":      {hub, http.MethodGet, "/", false, 400},
		"reserved":        {hub, http.MethodGet, "/?channel=reset", false, 400},
		"long key":        {hub, http.MethodGet, "/?channel=a/" + strings.Repeat("k", 257), false, 400},
		"many channels":   {hub, http.MethodGet, "/?" + strings.Repeat("channel=a&", 3) + manyChannels(65), false, 400},
		"broken escaping": {hub, http.MethodGet, "/?channel=%zz", false, 400},
	} {
		recorder := httptest.NewRecorder()
		var w http.ResponseWriter = recorder
		if test.plain {
			w = hidden{recorder}
		}
		test.hub.SSE().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), test.method, test.target, nil))
		if recorder.Code != test.want || recorder.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v", name, recorder.Code, recorder.Header())
		}
		if test.want == http.StatusServiceUnavailable && recorder.Header().Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", name)
		}
	}
}

func manyChannels(n int) string {
	var query strings.Builder
	for i := range n {
		query.WriteString("&channel=" + strings.Repeat("a", i%60+1) + string(rune('a'+i/60)))
	}
	return query.String()
}

// TestAtomicMessages resumes across transactions, whose markers take offsets of their own.
func TestAtomicMessages(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	first, _ := serve(t, b)
	second, _ := serve(t, b, push.History(0, time.Hour))
	record := func(payload string) bus.Message {
		return bus.Record{Topic: push.Topic, Key: []byte("news"), Value: []byte(payload), Headers: bus.Headers{
			{Key: bus.HeaderType, Value: []byte("push.broadcast.news")},
		}}.Message()
	}
	s := connect(t, first+"?channel=news", "")
	begin := s.lastID
	for _, part := range []string{"a", "b", "c"} {
		if err := b.Publish(context.WithoutCancel(t.Context()), bus.Atomic(record(part+"1"), record(part+"2"))).Err(); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"a1", "a2", "b1", "b2", "c1", "c2"}
	ids := []string{begin}
	for _, data := range want {
		got, _ := s.next()
		if got.data != data {
			t.Fatalf("got %+v, want %s", got, data)
		}
		ids = append(ids, got.id)
	}
	for i, id := range ids {
		for _, url := range []string{first, second} {
			resumed := connectFrom(t, url+"?channel=news", id)
			for _, data := range want[i:] {
				if got, _ := resumed.next(); got.data != data {
					t.Errorf("behind %d: got %+v, want %s", i, got, data)
				}
			}
			resumed.close()
		}
	}
}
