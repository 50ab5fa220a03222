package httpapi

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Trace makes a span of each request, a child of the one that its traceparent names, and measures it, by OpenTelemetry's conventions for HTTP:
// http.server.request.duration, and the sizes of bodies. Names and http.route are the route's pattern, never a path; they need chi, or a mux below.
// Of clients that are not trusted with that, untrusted makes a root span with a link; nil trusts all.
func Trace(tp trace.TracerProvider, mp metric.MeterProvider, untrusted func(*http.Request) bool) (func(http.Handler) http.Handler, error) {
	if tp == nil || mp == nil {
		return nil, errors.New("httpapi: trace: tracer and meter provider must not be nil")
	}
	opts := []otelhttp.Option{
		otelhttp.WithTracerProvider(tp), otelhttp.WithMeterProvider(mp), otelhttp.WithPropagators(propagation.TraceContext{}),
	}
	if untrusted != nil {
		opts = append(opts, otelhttp.WithPublicEndpointFn(untrusted))
	}
	around := otelhttp.NewMiddleware("", opts...)
	return func(next http.Handler) http.Handler {
		return around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			r.Pattern = routeOf(r)
		}))
	}, nil
}

// routeOf is the pattern of the request's route, empty before it is found.
func routeOf(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil {
		return c.RoutePattern()
	}
	return r.Pattern
}
