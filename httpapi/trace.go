package httpapi

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/millrace/millrace/httpapi"

// Trace makes a span of each request, a child of the one that its traceparent names, and measures it, by OpenTelemetry's conventions for HTTP:
// http.server.request.duration, and the sizes of bodies. Names and http.route are the route's pattern, never a path; they need chi, or a mux below.
// Neither has queries, which may hold secrets, and metrics have no hosts, which clients choose.
// Of clients that are not trusted with that, untrusted makes a root span with a link; nil trusts all.
func Trace(tp trace.TracerProvider, mp metric.MeterProvider, untrusted func(*http.Request) bool) (func(http.Handler) http.Handler, error) {
	if tp == nil || mp == nil {
		return nil, errors.New("httpapi: trace: tracer and meter provider must not be nil")
	}
	m, err := newMeters(mp.Meter(scope))
	if err != nil {
		return nil, fmt.Errorf("httpapi: trace: %w", err)
	}
	t := &tracing{tracer: tp.Tracer(scope), kind: trace.WithSpanKind(trace.SpanKindServer), untrusted: untrusted, meters: m}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.serve(w, r, next) })
	}, nil
}

type tracing struct {
	tracer    trace.Tracer
	kind      trace.SpanStartOption
	untrusted func(*http.Request) bool
	meters    *meters
}

func (t *tracing) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	began := time.Now()
	ctx := r.Context()
	opts := []trace.SpanStartOption{t.kind, trace.WithAttributes(described(r)...)}
	if r.Header["Traceparent"] != nil {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
		if t.untrusted != nil && t.untrusted(r) {
			opts = append(opts, trace.WithNewRoot())
			if s := trace.SpanContextFromContext(ctx); s.IsValid() {
				opts = append(opts, trace.WithLinks(trace.Link{SpanContext: s}))
			}
		}
	}
	method, _ := known(r.Method)
	ctx, span := t.tracer.Start(ctx, spanName(method, ""), opts...)
	watched := watch(w)
	r = watched.carry(ctx, r)
	var body *counted
	if r.Body != nil && r.Body != http.NoBody {
		body = &counted{ReadCloser: r.Body}
		r.Body = body
	}
	whole := false
	defer func() {
		m := measured{method: method, scheme: schemeOf(r), major: r.ProtoMajor, minor: r.ProtoMinor, route: routeOf(r), status: watched.answered()}
		if span.IsRecording() {
			finish(span, m, whole)
		}
		span.End()
		t.meters.measure(ctx, m, began, body, watched.size)
	}()
	next.ServeHTTP(watched, r)
	whole = true
}

// described is what is known of a request at once.
func described(r *http.Request) []attribute.KeyValue {
	about := make([]attribute.KeyValue, 0, 10) //nolint:mnd // all that there are
	method, other := known(r.Method)
	about = append(about, semconv.HTTPRequestMethodKey.String(method), semconv.URLScheme(schemeOf(r)), semconv.URLPath(r.URL.Path),
		semconv.NetworkProtocolVersion(version(r.ProtoMajor, r.ProtoMinor)))
	if other {
		about = append(about, semconv.HTTPRequestMethodOriginal(r.Method))
	}
	if host, port := address(r.Host); host != "" {
		about = append(about, semconv.ServerAddress(host))
		if port > 0 {
			about = append(about, semconv.ServerPort(port))
		}
	}
	if host, port := address(r.RemoteAddr); host != "" {
		about = append(about, semconv.NetworkPeerAddress(host), semconv.NetworkPeerPort(port))
	}
	if agent := r.Header["User-Agent"]; len(agent) > 0 {
		about = append(about, semconv.UserAgentOriginal(agent[0]))
	}
	return about
}

// finish says what has become of a request.
func finish(span trace.Span, m measured, whole bool) {
	span.SetName(spanName(m.method, m.route))
	if m.route != "" {
		span.SetAttributes(semconv.HTTPRoute(m.route))
	}
	if m.status > 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(m.status))
	}
	switch {
	case !whole:
		span.SetStatus(codes.Error, "the answer was cut off")
	case m.status >= http.StatusInternalServerError:
		span.SetStatus(codes.Error, "")
		span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(m.status)))
	}
}

// known is the method as telemetry has it, which is not what anybody sends.
func known(method string) (name string, other bool) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
		http.MethodConnect, http.MethodTrace:
		return method, false
	case "":
		return http.MethodGet, false
	}
	return "_OTHER", true
}

func spanName(method, route string) string {
	if method == "_OTHER" {
		method = "HTTP"
	}
	if route == "" {
		return method
	}
	return method + " " + route
}

func schemeOf(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

func version(major, minor int) string {
	switch {
	case major == 1 && minor == 1:
		return "1.1"
	case major == 1:
		return "1.0"
	}
	return strconv.Itoa(major)
}

func address(text string) (host string, port int) {
	host, number, err := net.SplitHostPort(text)
	if err != nil {
		return text, 0
	}
	port, _ = strconv.Atoi(number)
	return host, port
}

// routeOf is the pattern of the request's route, empty before it is found.
func routeOf(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil {
		return c.RoutePattern()
	}
	return r.Pattern[max(strings.IndexByte(r.Pattern, '/'), 0):] // without method and host
}
