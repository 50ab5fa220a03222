package claimcheck

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/observe"
)

const scope = "github.com/millrace/millrace/bus/claimcheck"

type meters struct {
	objects, bytes, last   metric.Int64Gauge
	deleted, gone, failure metric.Int64Counter
}

func newMeters(provider metric.MeterProvider) (*meters, error) {
	m := observe.NewMeter(provider, scope)
	return &meters{
		objects: m.Level("millrace.claimcheck.objects", "", "Payloads in the store when it was last looked at."),
		bytes:   m.Level("millrace.claimcheck.stored", "By", "Bytes of these payloads."),
		last:    m.Level("millrace.claimcheck.collected", "s", "When the last collection succeeded, in seconds since 1970."),
		deleted: m.Counter("millrace.claimcheck.deleted", "", "Payloads that were deleted since no record refers to them."),
		gone:    m.Counter("millrace.claimcheck.freed", "By", "Bytes of the payloads that were deleted."),
		failure: m.Counter("millrace.claimcheck.failures", "", "Collections that failed."),
	}, m.Err()
}

func (m *meters) collected(ctx context.Context, done Collection, err error) {
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		m.failure.Add(ctx, 1)
		return
	}
	m.objects.Record(ctx, done.Objects-done.Deleted)
	m.bytes.Record(ctx, done.Bytes-done.DeletedBytes)
	m.last.Record(ctx, time.Now().Unix())
	m.deleted.Add(ctx, done.Deleted)
	m.gone.Add(ctx, done.DeletedBytes)
}
