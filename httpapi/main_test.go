package httpapi_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/httpapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spoken is a log that a test reads.
type spoken struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *spoken) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func newErrors(t testing.TB, translate ...func(error) *httpapi.Problem) (*httpapi.Errors, *spoken) {
	t.Helper()
	said := &spoken{}
	e, err := httpapi.NewErrors(slog.New(slog.NewTextHandler(said, nil)), translate...)
	if err != nil {
		t.Fatal(err)
	}
	return e, said
}

// problem is what a client reads of one.
type problem struct {
	Type, Title, Detail, Instance string
	Status                        int
	RequestID                     string `json:"request_id"`
	Errors                        []httpapi.Invalid
	Balance                       *int
}

// reply is an answer that was read.
type reply struct {
	status  int
	header  http.Header
	body    string
	problem problem
}

func read(t testing.TB, r *http.Response) reply {
	t.Helper()
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{status: r.StatusCode, header: r.Header, body: string(text)}
	if r.Header.Get("Content-Type") == "application/problem+json" {
		if err := json.Unmarshal(text, &got.problem); err != nil || got.problem.Status != r.StatusCode {
			t.Errorf("%d %q: %v", r.StatusCode, text, err)
		}
	}
	return got
}

// ask serves one request without a network. Header fields come in pairs.
func ask(t testing.TB, h http.Handler, method, target, body string, header ...string) reply {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return read(t, w.Result())
}

func answering(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}
