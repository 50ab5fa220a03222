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
	refused  metric.Int64Counter
	duration metric.Float64Histogram
}

func newRelayMeters(r *Relay) (*relayMeters, error) {
	meter := observe.NewMeter(r.meter, "github.com/millrace/millrace/outbox")
	m := &relayMeters{
		slot:     metric.WithAttributes(attribute.String("millrace.outbox.slot", r.slot)),
		records:  meter.Counter("millrace.outbox.published", "", "Rows that were published."),
		refused:  meter.Counter("millrace.outbox.dead_letters", "", "Rows that became dead letters."),
		duration: meter.Histogram("millrace.outbox.publish.duration", "s", "Time until one batch of rows was committed to Kafka."),
	}
	lag := meter.Gauge("millrace.outbox.lag", "By", "Bytes of write-ahead log behind the confirmed position.")
	behind := meter.Gauge("millrace.outbox.behind", "ms", "Time since the oldest transaction committed that is not published.")
	kept := meter.Gauge("millrace.outbox.kept", "By", "Bytes of write-ahead log that the server keeps for the slot.")
	halted := meter.Gauge("millrace.outbox.halted", "", "1 while the relay cannot go on until somebody mends something.")
	meter.Observe(func(_ context.Context, o metric.Observer) {
		switch s := r.Status(); {
		case s.Halted:
			o.ObserveInt64(halted, 1, m.slot)
		case s.Working:
			o.ObserveInt64(halted, 0, m.slot)
			o.ObserveInt64(lag, s.Lag, m.slot)
			o.ObserveInt64(behind, s.Behind.Milliseconds(), m.slot)
			o.ObserveInt64(kept, s.Kept, m.slot)
		}
	}, lag, behind, kept, halted)
	return m, meter.Err()
}

func (m *relayMeters) published(ctx context.Context, records int, took time.Duration) {
	m.records.Add(ctx, int64(records), m.slot)
	m.duration.Record(ctx, took.Seconds(), m.slot)
}
