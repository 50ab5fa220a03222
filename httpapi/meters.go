package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
)

// meters are the instruments of requests.
type meters struct {
	duration metric.Float64Histogram
	received metric.Int64Histogram
	sent     metric.Int64Histogram

	mu    sync.RWMutex
	known map[measured][]metric.RecordOption
}

// measured are the attributes of a request's measurements. There are as many of them as routes and statuses, about.
type measured struct {
	method, scheme, route string
	major, minor, status  int
}

func newMeters(meter metric.Meter) (*meters, error) {
	m := &meters{known: make(map[measured][]metric.RecordOption)}
	var errs [3]error
	m.duration, errs[0] = meter.Float64Histogram("http.server.request.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of HTTP server requests."),
		metric.WithExplicitBucketBoundaries(.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10)) //nolint:mnd // as the conventions say
	m.received, errs[1] = meter.Int64Histogram("http.server.request.body.size", metric.WithUnit("By"),
		metric.WithDescription("Size of HTTP server request bodies."))
	m.sent, errs[2] = meter.Int64Histogram("http.server.response.body.size", metric.WithUnit("By"),
		metric.WithDescription("Size of HTTP server response bodies."))
	return m, errors.Join(errs[:]...)
}

func (m *meters) measure(ctx context.Context, what measured, began time.Time, body *counted, sent int64) {
	opts := m.of(what)
	m.duration.Record(ctx, time.Since(began).Seconds(), opts...)
	var received int64
	if body != nil {
		received = body.bytes
	}
	m.received.Record(ctx, received, opts...)
	m.sent.Record(ctx, sent, opts...)
}

// of are the options of a measurement, which are made once.
func (m *meters) of(what measured) []metric.RecordOption {
	m.mu.RLock()
	opts := m.known[what]
	m.mu.RUnlock()
	if opts != nil {
		return opts
	}
	about := []attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(what.method), semconv.URLScheme(what.scheme),
		semconv.NetworkProtocolName("http"), semconv.NetworkProtocolVersion(version(what.major, what.minor)),
	}
	if what.route != "" {
		about = append(about, semconv.HTTPRoute(what.route))
	}
	if what.status > 0 {
		about = append(about, semconv.HTTPResponseStatusCode(what.status))
	}
	if what.status >= http.StatusInternalServerError {
		about = append(about, semconv.ErrorTypeKey.String(strconv.Itoa(what.status)))
	}
	opts = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(about...))}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[what] = opts
	return opts
}

// counted is a body whose bytes are counted as they are read.
type counted struct {
	io.ReadCloser

	bytes int64
}

func (c *counted) Read(into []byte) (int, error) {
	n, err := c.ReadCloser.Read(into)
	c.bytes += int64(n)
	return n, err //nolint:wrapcheck // the connection's own error
}
