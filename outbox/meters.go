package outbox

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

type relayMeters struct {
	slot     metric.MeasurementOption
	records  metric.Int64Counter
	duration metric.Float64Histogram
}

func newRelayMeters(r *Relay) (*relayMeters, error) {
	meter := r.meter.Meter("github.com/millrace/millrace/outbox")
	m := &relayMeters{slot: metric.WithAttributes(attribute.String("millrace.outbox.slot", r.slot))}
	var errs [3]error
	m.records, errs[0] = meter.Int64Counter("millrace.outbox.published",
		metric.WithDescription("Rows that were published."))
	m.duration, errs[1] = meter.Float64Histogram("millrace.outbox.publish.duration", metric.WithUnit("s"),
		metric.WithDescription("Time until one batch of rows was acknowledged."))
	_, errs[2] = meter.Int64ObservableGauge("millrace.outbox.lag", metric.WithUnit("By"),
		metric.WithDescription("Bytes of write-ahead log behind the confirmed position."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			if lag := r.Status().Lag; lag >= 0 {
				o.Observe(lag, m.slot)
			}
			return nil
		}))
	return m, errors.Join(errs[:]...)
}

func (m *relayMeters) published(ctx context.Context, records int, took time.Duration) {
	m.records.Add(ctx, int64(records), m.slot)
	m.duration.Record(ctx, took.Seconds(), m.slot)
}
