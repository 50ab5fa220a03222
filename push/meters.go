package push

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/observe"
)

// meters are the hub's metrics, which doc.go lists.
type meters struct {
	meter       *observe.Meter
	frames      metric.Int64Counter
	bytes       metric.Int64Counter
	slow        metric.Int64Counter
	begun       metric.Int64Counter
	refusals    metric.Int64Counter
	lag         metric.Float64Histogram
	connections metric.Int64ObservableGauge
	history     metric.Int64ObservableGauge
	partitions  metric.Int64ObservableGauge
}

func newMeters(provider metric.MeterProvider) (*meters, error) {
	meter := observe.NewMeter(provider, "github.com/millrace/millrace/push")
	m := &meters{
		meter:    meter,
		frames:   meter.Counter("millrace.push.deliveries", "{frame}", "Frames written to clients."),
		bytes:    meter.Counter("millrace.push.bytes", "By", "Bytes written to clients."),
		slow:     meter.Counter("millrace.push.slow", "{client}", "Clients disconnected because they were too far behind."),
		begun:    meter.Counter("millrace.push.connects", "{client}", "Clients that became live, by where their replay came from."),
		refusals: meter.Counter("millrace.push.refusals", "{request}", "Requests that were refused, by status."),
		lag: meter.Histogram("millrace.push.lag", "s", "Time from a record's timestamp until it was handed to the channel's clients.",
			.001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60),
		connections: meter.Gauge("millrace.push.connections", "{client}", "Connected clients."),
		history:     meter.Gauge("millrace.push.history", "By", "About the memory that the history takes."),
		partitions:  meter.Gauge("millrace.push.partitions", "{partition}", "Partitions of the broadcast topic that are read."),
	}
	return m, meter.Err()
}

// watch observes the hub until the returned function is called.
func (m *meters) watch(h *Hub) (end func(), err error) {
	end = m.meter.Observe(func(_ context.Context, o metric.Observer) {
		h.mu.Lock()
		connections, bytes, partitions := len(h.clients), h.memory.bytes, len(h.position.offsets)
		h.mu.Unlock()
		o.ObserveInt64(m.connections, int64(connections))
		o.ObserveInt64(m.history, int64(bytes))
		o.ObserveInt64(m.partitions, int64(partitions))
	}, m.connections, m.history, m.partitions)
	return end, m.meter.Err()
}

func (m *meters) wrote(ctx context.Context, frames, bytes int) {
	m.frames.Add(ctx, int64(frames))
	m.bytes.Add(ctx, int64(bytes))
}

func (m *meters) slowClient(ctx context.Context) { m.slow.Add(ctx, 1) }

func (m *meters) took(ctx context.Context, lag time.Duration) { m.lag.Record(ctx, lag.Seconds()) }

func (m *meters) began(ctx context.Context, how outcome, f format) {
	m.begun.Add(ctx, 1, metric.WithAttributes(attribute.String("outcome", string(how)), attribute.String("format", f.medium())))
}

func (m *meters) refused(ctx context.Context, status int) {
	m.refusals.Add(ctx, 1, metric.WithAttributes(attribute.Int("http.response.status_code", status)))
}
