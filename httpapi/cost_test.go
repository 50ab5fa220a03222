package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

// BenchmarkChain is what all steps that need no Redis cost a request, beside chi alone. Traces and metrics go nowhere.
func BenchmarkChain(b *testing.B) {
	e, _ := newErrors(b)
	middleware := must[httpapi.Middleware](b)
	origins := must[httpapi.Origins](b)(httpapi.ParseOrigins("https://app.example.com"))
	chain := must[chi.Middlewares](b)(httpapi.Chain(httpapi.Steps{
		Errors: e, Trace: middleware(httpapi.Trace(tracenoop.NewTracerProvider(), metricnoop.NewMeterProvider(), nil)),
		CORS: httpapi.CORS(origins, nil, nil), CrossOrigin: httpapi.CrossOrigin(origins), Identify: middleware(httpapi.Identify(e, badges{})),
		Place: httpapi.Place(func(*http.Request) (request.Shard, bool) { return request.Shard{Group: "shop"}, true }),
	}))
	for name, steps := range map[string]chi.Middlewares{"chi": nil, "millrace": chain} {
		b.Run(name, func(b *testing.B) {
			r := chi.NewRouter()
			r.Use(steps...)
			r.Get("/orders/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
			asked := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/orders/42", nil)
			asked.Header.Set("Badge", "ann acme")
			b.ReportAllocs()
			for b.Loop() {
				r.ServeHTTP(httptest.NewRecorder(), asked)
			}
		})
	}
}
