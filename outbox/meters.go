package outbox

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/observe"
)

type relayMeters struct {
	slot     metric.MeasurementOption
	records  metric.Int64Counter
	duration metric.Float64Histogram
}

func newRelayMeters(r *Relay) (*relayMeters, error) {
	meter := observe.NewMeter(r.meter, "github.com/millrace/millrace/outbox")
	m := &relayMeters{
		slot:     metric.WithAttributes(attribute.String("millrace.outbox.slot", r.slot)),
		records:  meter.Counter("millrace.outbox.published", "", "Rows that were published."),
		duration: meter.Histogram("millrace.outbox.publish.duration", "s", "Time until one batch of rows was acknowledged."),
	}
	lag := meter.Gauge("millrace.outbox.lag", "By", "Bytes of write-ahead log behind the confirmed position.")
	meter.Observe(func(_ context.Context, o metric.Observer) {
		if behind := r.Status().Lag; behind >= 0 {
			o.ObserveInt64(lag, behind, m.slot)
		}
	}, lag)
	return m, meter.Err()
}

func (m *relayMeters) published(ctx context.Context, records int, took time.Duration) {
	m.records.Add(ctx, int64(records), m.slot)
	m.duration.Record(ctx, took.Seconds(), m.slot)
}
