package partitions

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/observe"
)

const scope = "github.com/millrace/millrace/partitions"

// meters are what a running group shows.
type meters struct {
	group    metric.MeasurementOption
	batch    metric.Float64Histogram
	records  metric.Int64Counter
	overlay  metric.Float64Histogram
	aborted  metric.Int64Counter
	dead     metric.Int64Counter
	moves    metric.Int64Counter
	restores metric.Float64Histogram
	late     metric.Float64Histogram
	forwards metric.Int64Counter
	close    func()
}

func newMeters(e *engine) (*meters, error) {
	_, provider := e.bus.Providers()
	meter := observe.NewMeter(provider, scope)
	m := &meters{
		group: metric.WithAttributeSet(attribute.NewSet(
			attribute.String("messaging.consumer.group.name", e.config.name), attribute.String("millrace.node", e.config.node))),
		batch:    meter.Histogram("millrace.partitions.transaction.duration", "s", "Time of a committed transaction."),
		records:  meter.Counter("millrace.partitions.records", "", "Records handled in committed transactions."),
		overlay:  meter.Histogram("millrace.partitions.transaction.size", "By", "What a transaction wrote to tables."),
		aborted:  meter.Counter("millrace.partitions.aborts", "", "Transactions that were made again."),
		dead:     meter.Counter("millrace.partitions.dead_letters", "", "Records that could not be handled."),
		moves:    meter.Counter("millrace.partitions.taken", "", "Shards that this node has taken."),
		restores: meter.Histogram("millrace.partitions.restore.duration", "s", "Time from a shard's claim to its first record."),
		late:     meter.Histogram("millrace.partitions.timer.lateness", "s", "How much later than armed for timers fire."),
	}
	m.forwards = meter.Counter("millrace.partitions.forwards", "", "Requests that another node is to serve, by outcome.")
	owned := meter.Gauge("millrace.partitions.shards", "", "Shards of this node, by phase.")
	token := meter.Gauge("millrace.partitions.token", "", "Fencing token of a live shard.")
	m.close = meter.Observe(func(_ context.Context, o metric.Observer) {
		e.mu.Lock()
		defer e.mu.Unlock()
		phases := make(map[Phase]int64)
		for id, s := range e.shards {
			phases[Phase(s.phase.Load())]++
			o.ObserveInt64(token, s.token.Load(), m.group, metric.WithAttributes(attribute.Int("millrace.shard", int(id))))
		}
		for phase, n := range phases {
			o.ObserveInt64(owned, n, m.group, metric.WithAttributes(attribute.String("millrace.phase", phase.String())))
		}
	}, owned, token)
	return m, meter.Err()
}

func (m *meters) committed(b *batch) {
	m.batch.Record(b.life, time.Since(b.began).Seconds(), m.group)
	m.records.Add(b.life, int64(b.handled), m.group)
	size := 0
	for _, o := range b.overlays {
		size += o.bytes
	}
	m.overlay.Record(b.life, float64(size), m.group)
}

func (m *meters) owned(ctx context.Context, n int) { m.moves.Add(ctx, int64(n), m.group) }

func (m *meters) restored(ctx context.Context, d time.Duration) {
	m.restores.Record(ctx, d.Seconds(), m.group)
}
