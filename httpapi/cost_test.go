package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/text/language"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

// timed is a writer that has deadlines, as a connection's has.
type timed struct{ *httptest.ResponseRecorder }

func (timed) SetReadDeadline(time.Time) error  { return nil }
func (timed) SetWriteDeadline(time.Time) error { return nil }

// plainly serves one request by chi alone, and by all steps that need no Redis. Traces and metrics go nowhere.
func plainly(t testing.TB) map[string]func() {
	t.Helper()
	e, _ := newErrors(t)
	middleware := must[httpapi.Middleware](t)
	origins := must[httpapi.Origins](t)(httpapi.ParseOrigins("https://app.example.com"))
	chain := must[chi.Middlewares](t)(httpapi.Chain(httpapi.Steps{
		Errors: e, Trace: middleware(httpapi.Trace(tracenoop.NewTracerProvider(), metricnoop.NewMeterProvider(), nil)),
		CORS: httpapi.CORS(origins, nil, nil), CrossOrigin: httpapi.CrossOrigin(origins), Identify: middleware(httpapi.Identify(e, badges{})),
		Locale: middleware(httpapi.Locale(language.English, language.German)),
		Place:  httpapi.Place(func(*http.Request) (request.Shard, bool) { return request.Shard{Group: "shop"}, true }),
		Peer:   func(*http.Request) (request.Info, bool) { return request.Info{}, false },
	}))
	serve := make(map[string]func())
	for name, steps := range map[string]chi.Middlewares{"chi": nil, "millrace": chain} {
		r := chi.NewRouter()
		r.Use(steps...)
		r.Get("/orders/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		asked := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/orders/42", nil)
		asked.Header.Set("Badge", "ann acme clerk admin")
		asked.Header.Set("Accept-Language", "de-CH, en;q=0.8")
		serve[name] = func() { r.ServeHTTP(timed{httptest.NewRecorder()}, asked) }
	}
	return serve
}

// BenchmarkChain is what all steps that need no Redis cost a request, beside chi alone.
func BenchmarkChain(b *testing.B) {
	for name, serve := range plainly(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				serve()
			}
		})
	}
}

// TestChainAllocates counts pieces of memory, of which the time that a request costs follows.
func TestChainAllocates(t *testing.T) { //nolint:paralleltest // others' would be counted
	serve := plainly(t)
	const most = 30
	if more := testing.AllocsPerRun(100, serve["millrace"]) - testing.AllocsPerRun(100, serve["chi"]); more >= most {
		t.Errorf("%g allocations more than chi alone, of fewer than %d", more, most)
	}
}
