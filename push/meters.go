package push

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// meters are the hub's metrics, which doc.go lists.
type meters struct {
	meter       metric.Meter
	frames      metric.Int64Counter
	bytes       metric.Int64Counter
	slow        metric.Int64Counter
	begun       metric.Int64Counter
	refusals    metric.Int64Counter
	lag         metric.Float64Histogram
	connections metric.Int64ObservableGauge
	history     metric.Int64ObservableGauge
}

func newMeters(provider metric.MeterProvider) (*meters, error) {
	m := &meters{meter: provider.Meter("github.com/millrace/millrace/push")}
	var errs [8]error
	m.frames, errs[0] = m.meter.Int64Counter("millrace.push.deliveries", metric.WithUnit("{frame}"), metric.WithDescription("Frames written to clients."))
	m.bytes, errs[1] = m.meter.Int64Counter("millrace.push.bytes", metric.WithUnit("By"), metric.WithDescription("Bytes written to clients."))
	m.slow, errs[2] = m.meter.Int64Counter("millrace.push.slow", metric.WithUnit("{client}"), metric.WithDescription("Clients disconnected because they were too far behind."))
	m.begun, errs[3] = m.meter.Int64Counter("millrace.push.connects", metric.WithUnit("{client}"), metric.WithDescription("Clients that became live, by where their replay came from."))
	m.refusals, errs[4] = m.meter.Int64Counter("millrace.push.refusals", metric.WithUnit("{request}"), metric.WithDescription("Requests that were refused, by status."))
	m.lag, errs[5] = m.meter.Float64Histogram("millrace.push.lag", metric.WithUnit("s"), metric.WithDescription("Time from a record's timestamp until it was handed to the channel's clients."),
		metric.WithExplicitBucketBoundaries(.001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60))
	m.connections, errs[6] = m.meter.Int64ObservableGauge("millrace.push.connections", metric.WithUnit("{client}"), metric.WithDescription("Connected clients."))
	m.history, errs[7] = m.meter.Int64ObservableGauge("millrace.push.history", metric.WithUnit("By"), metric.WithDescription("About the memory that the history takes."))
	return m, errors.Join(errs[:]...)
}

// watch observes the hub until the returned function is called.
func (m *meters) watch(h *Hub) (end func(), err error) {
	registration, err := m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		h.mu.Lock()
		connections, bytes := len(h.clients), h.memory.bytes
		h.mu.Unlock()
		o.ObserveInt64(m.connections, int64(connections))
		o.ObserveInt64(m.history, int64(bytes))
		return nil
	}, m.connections, m.history)
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by Run
	}
	return func() { _ = registration.Unregister() }, nil //nolint:errcheck // nothing is left to do
}

func (m *meters) wrote(frames, bytes int) {
	m.frames.Add(context.Background(), int64(frames))
	m.bytes.Add(context.Background(), int64(bytes))
}

func (m *meters) slowClient() { m.slow.Add(context.Background(), 1) }

func (m *meters) took(lag time.Duration) { m.lag.Record(context.Background(), lag.Seconds()) }

func (m *meters) began(ctx context.Context, how outcome, f format) {
	m.begun.Add(ctx, 1, metric.WithAttributes(attribute.String("outcome", string(how)), attribute.String("format", f.medium())))
}

func (m *meters) refused(ctx context.Context, status int) {
	m.refusals.Add(ctx, 1, metric.WithAttributes(attribute.Int("http.response.status_code", status)))
}
