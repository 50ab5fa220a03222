package httpapi_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-chi/chi/v5"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/codes"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/seal"
)

func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// whole has every step.
func whole(t testing.TB, client redis.UniversalClient, spans *tracetest.SpanRecorder, change func(*httpapi.Steps)) *chi.Mux {
	t.Helper()
	e, _ := newErrors(t)
	middleware := must[httpapi.Middleware](t)
	origins := must[httpapi.Origins](t)(httpapi.ParseOrigins("https://app.example.com"))
	limiter := must[*cache.Limiter](t)(cache.NewLimiter(client, "api", cache.Rate{Count: 3, Per: time.Hour}))
	steps := httpapi.Steps{
		Errors: e,
		Trace:  middleware(httpapi.Trace(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)), metricnoop.NewMeterProvider(), nil)),
		CORS:   httpapi.CORS(origins, nil, nil), CrossOrigin: httpapi.CrossOrigin(origins),
		Identify: middleware(httpapi.Identify(e, badges{}, httpapi.TenantRequired())),
		Place: httpapi.Place(func(r *http.Request) (request.Shard, bool) {
			return request.Shard{Group: "shop", ID: 3, Node: "one", Leader: true}, r.URL.Path != "/fails"
		}),
		RateLimit:   middleware(httpapi.RateLimit(e, limiter, httpapi.ByClient)),
		Idempotency: middleware(httpapi.Idempotency(e, must[*httpapi.RedisAnswers](t)(httpapi.NewRedisAnswers(client, "shop", time.Second)))),
		Timeout:     100 * time.Millisecond, MaxBody: 8,
	}
	if change != nil {
		change(&steps)
	}
	r := chi.NewRouter()
	r.Use(must[chi.Middlewares](t)(httpapi.Chain(steps))...)
	e.Unrouted(r)
	return r
}

func TestChain(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	r := whole(t, startRedis(t).client(), spans, nil)
	var seen request.Info
	r.Post("/orders/{id}", func(_ http.ResponseWriter, r *http.Request) { seen = request.From(r.Context()) })
	r.Get("/fails", func(http.ResponseWriter, *http.Request) { panic("broken") })

	got := ask(t, r, "POST", "/orders/7", "cups", "Badge", "ann acme", "X-Request-Id", "r1", "Idempotency-Key", "k")
	want := request.Info{Tenant: "acme", Principal: "ann", ID: "r1", Shard: request.Shard{Group: "shop", ID: 3, Node: "one", Leader: true}}
	if got.status != 200 || seen != want || got.header.Get("RateLimit") == "" {
		t.Errorf("%+v, seen %+v", got, seen)
	}
	if got := ask(t, r, "OPTIONS", "/orders/7", "", "Origin", "https://app.example.com", "Access-Control-Request-Method", "POST"); got.status != 204 {
		t.Errorf("a preflight, which has no credentials: %+v", got)
	}
	unknown := ask(t, r, "POST", "/orders/7", "")
	if unknown.status != 401 || unknown.header.Get("RateLimit") != "" || unknown.problem.RequestID == "" {
		t.Errorf("identity stands before the rate limit: %+v", unknown)
	}
	if got := ask(t, r, "POST", "/orders/7", "too large", "Badge", "ann acme"); got.status != 413 || got.header.Get("RateLimit") == "" {
		t.Errorf("the rate limit stands before the body's: %+v", got)
	}
	if got := ask(t, r, "GET", "/fails", "", "Badge", "ann acme"); got.status != 500 || got.problem.RequestID == "" {
		t.Errorf("%+v", got)
	}
	last := spans.Ended()[len(spans.Ended())-1]
	if last.Name() != "GET /fails" || last.Status().Code != codes.Error {
		t.Errorf("the span of a panic: %s %v", last.Name(), last.Status())
	}
	again := ask(t, r, "POST", "/orders/7", "cups", "Badge", "ann acme", "Idempotency-Key", "k")
	if again.status != 429 {
		t.Errorf("the rate limit stands before idempotency: %+v", again)
	}
	if _, err := httpapi.Chain(httpapi.Steps{}); err == nil {
		t.Error("no Errors is no error")
	}
}

// TestStreams runs an event stream and a WebSocket through all steps, for longer than a request may take.
func TestStreams(t *testing.T) {
	t.Parallel()
	r := whole(t, startRedis(t).client(), tracetest.NewSpanRecorder(), nil)
	r.Get("/events", func(w http.ResponseWriter, r *http.Request) {
		if _, old := w.(http.Flusher); !old {
			t.Error("the writer is no http.Flusher")
		}
		control := http.NewResponseController(w)
		for range 4 {
			_, _ = io.WriteString(w, "data: x\n\n")
			err := errors.Join(control.Flush(), control.SetWriteDeadline(time.Now().Add(time.Minute)), control.SetReadDeadline(time.Time{}))
			if err != nil || r.Context().Err() != nil {
				t.Error(err, r.Context().Err())
			}
			<-time.After(50 * time.Millisecond)
		}
	})
	r.Get("/socket", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.CloseNow()
		for {
			kind, data, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			if err := conn.Write(r.Context(), kind, data); err != nil {
				t.Error(err)
			}
		}
	})
	server := httptest.NewServer(r)
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	asked, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/events", nil)
	asked.Header = http.Header{"Badge": {"ann acme"}, "Accept": {"text/event-stream"}}
	stream, err := server.Client().Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	events := 0
	for lines := bufio.NewScanner(stream.Body); lines.Scan(); {
		if lines.Text() != "" {
			events++
		}
	}
	if events != 4 {
		t.Errorf("%d events", events)
	}
	conn, _, err := websocket.Dial(t.Context(), server.URL+"/socket", &websocket.DialOptions{ //nolint:bodyclose // as Dial says
		HTTPClient: server.Client(), HTTPHeader: http.Header{"Badge": {"ann acme"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	<-time.After(200 * time.Millisecond)
	if err := conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.Read(t.Context()); err != nil || string(text) != "hello" {
		t.Errorf("%q %v", text, err)
	}
	_ = conn.Close(websocket.StatusNormalClosure, "")
}

// TestReplayGuard sends a signed request, and tries to get its answer again without a signature, and with the same one.
func TestReplayGuard(t *testing.T) {
	t.Parallel()
	e, _ := newErrors(t)
	key := seal.HMACKey("partner", []byte(strings.Repeat("s", 32)), seal.Owner{Tenant: "acme", Principal: "partner"})
	guard := must[*seal.ReplayGuard](t)(seal.NewReplayGuard(seal.KeySet(key), must[*seal.MemoryNonces](t)(seal.NewMemoryNonces(10)),
		seal.Refuse(e.Unsigned)))
	peer := false
	r := whole(t, startRedis(t).client(), tracetest.NewSpanRecorder(), func(s *httpapi.Steps) {
		s.Identify, s.RateLimit, s.ReplayGuard = nil, nil, guard.Handler
		s.Peer = func(*http.Request) (request.Info, bool) { return request.Info{}, peer }
	})
	ran := 0
	r.Post("/", func(_ http.ResponseWriter, r *http.Request) {
		if ran++; !peer && request.From(r.Context()).Principal != "partner" {
			t.Errorf("%+v", request.From(r.Context()))
		}
	})
	signer := must[*seal.Signer](t)(seal.NewSigner(key, nil))
	send := func(r2 *http.Request) reply {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, r2)
		return read(t, w.Result())
	}
	plain := func() *http.Request {
		asked := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://api.example.com/", strings.NewReader("pay"))
		asked.Header.Set("Idempotency-Key", "k")
		return asked
	}
	signed := must[*http.Request](t)(signer.Sign(plain()))
	same := signed.Clone(t.Context())
	same.Body = io.NopCloser(strings.NewReader("pay"))
	if got := send(signed); got.status != 200 || ran != 1 {
		t.Fatalf("%+v", got)
	}
	if got := send(plain()); got.status != 401 || got.problem.Status != 401 {
		t.Errorf("a stranger with the key: %+v", got)
	}
	if got := send(same); got.status != 409 || got.problem.Status != 409 {
		t.Errorf("the same request again: %+v", got)
	}
	if got := send(must[*http.Request](t)(signer.Sign(plain()))); got.status != 200 || got.header.Get("Idempotency-Replayed") != "true" || ran != 1 {
		t.Errorf("signed anew: %+v", got)
	}
	if peer = true; send(plain()).status != 200 || ran != 2 {
		t.Error("a peer's request is stopped")
	}
}
