package push

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

type meters struct {
	frames  metric.Int64Counter
	bytes   metric.Int64Counter
	slow    metric.Int64Counter
	resumes metric.Int64Counter
}

func newMeters(h *Hub) (*meters, error) {
	meter := h.settings.meter.Meter("github.com/millrace/millrace/push")
	m := &meters{}
	var errs [5]error
	m.frames, errs[0] = meter.Int64Counter("millrace.push.frames", metric.WithDescription("Frames written to clients."))
	m.bytes, errs[1] = meter.Int64Counter("millrace.push.bytes", metric.WithUnit("By"), metric.WithDescription("Bytes written to clients."))
	m.slow, errs[2] = meter.Int64Counter("millrace.push.slow", metric.WithDescription("Clients disconnected because they were too far behind."))
	m.resumes, errs[3] = meter.Int64Counter("millrace.push.connects", metric.WithDescription("Clients by how they began."))
	_, errs[4] = meter.Int64ObservableGauge("millrace.push.connections", metric.WithDescription("Connected clients."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			o.Observe(int64(len(h.clients)))
			return nil
		}))
	return m, errors.Join(errs[:]...)
}

func (m *meters) wrote(frames, bytes int) {
	m.frames.Add(context.Background(), int64(frames))
	m.bytes.Add(context.Background(), int64(bytes))
}

func (m *meters) slowClient() { m.slow.Add(context.Background(), 1) }

func (m *meters) resumed(ctx context.Context, how outcome) {
	m.resumes.Add(ctx, 1, metric.WithAttributes(attribute.String("outcome", string(how))))
}
