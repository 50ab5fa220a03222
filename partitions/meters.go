package partitions

import (
	"context"
	"math"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/millrace/millrace/observe"
)

const scope = "github.com/millrace/millrace/partitions"

// meters are what a running group shows.
type meters struct {
	group    metric.MeasurementOption
	tracer   trace.Tracer
	traced   bool
	batch    metric.Float64Histogram
	commits  metric.Float64Histogram
	records  metric.Int64Counter
	overlay  metric.Float64Histogram
	aborted  metric.Int64Counter
	dead     metric.Int64Counter
	moves    metric.Int64Counter
	lost     metric.Int64Counter
	restores metric.Float64Histogram
	bytes    metric.Int64Counter
	late     metric.Float64Histogram
	forwards metric.Int64Counter
	counters map[*Counter]metric.Int64Counter // nil where nobody looks
	close    func()
}

func newMeters(e *engine) (*meters, error) {
	traces, provider := e.bus.Providers()
	_, silent := traces.(noop.TracerProvider)
	meter := observe.NewMeter(provider, scope)
	m := &meters{
		tracer: traces.Tracer(scope), traced: !silent,
		group: metric.WithAttributeSet(attribute.NewSet(
			attribute.String("messaging.consumer.group.name", e.config.name), attribute.String("millrace.node", e.config.node))),
		batch:    meter.Histogram("millrace.partitions.transaction.duration", "s", "Time of a committed transaction."),
		commits:  meter.Histogram("millrace.partitions.commit.duration", "s", "Time from a transaction's last record to its commit."),
		records:  meter.Counter("millrace.partitions.records", "", "Records handled in committed transactions."),
		overlay:  meter.Histogram("millrace.partitions.transaction.size", "By", "What a transaction wrote to tables."),
		aborted:  meter.Counter("millrace.partitions.aborts", "", "Transactions that were made again."),
		dead:     meter.Counter("millrace.partitions.dead_letters", "", "Records that could not be handled."),
		moves:    meter.Counter("millrace.partitions.taken", "", "Shards that this node has taken."),
		lost:     meter.Counter("millrace.partitions.given_up", "", "Shards that this node has given up."),
		bytes:    meter.Counter("millrace.partitions.restored", "By", "What was read of changelogs, to restore shards and to keep copies."),
		restores: meter.Histogram("millrace.partitions.restore.duration", "s", "Time from a shard's claim to its first record."),
		late:     meter.Histogram("millrace.partitions.timer.lateness", "s", "How much later than armed for timers fire."),
	}
	m.forwards = meter.Counter("millrace.partitions.forwards", "", "Requests that another node is to serve, by outcome.")
	if _, silent := provider.(metricnoop.MeterProvider); !silent {
		m.counters = make(map[*Counter]metric.Int64Counter)
		for _, c := range e.config.counters {
			m.counters[c] = meter.Counter(c.name, c.unit, c.description)
		}
	}
	owned := meter.Gauge("millrace.partitions.shards", "", "Shards of this node, by phase.")
	token := meter.Gauge("millrace.partitions.token", "", "Fencing token of a live shard.")
	lag := meter.Gauge("millrace.partitions.lag", "", "Input records of a shard that are not handled yet.")
	copied := meter.Gauge("millrace.partitions.restore.remaining", "", "Changelog records that a shard which is restored, or a copy, lacks.")
	m.close = meter.Observe(func(_ context.Context, o metric.Observer) {
		e.mu.Lock()
		defer e.mu.Unlock()
		phases := make(map[Phase]int64)
		for id, s := range e.shards {
			phases[Phase(s.phase.Load())]++
			number := metric.WithAttributes(attribute.Int("millrace.shard", int(id)))
			o.ObserveInt64(token, s.token.Load(), m.group, number)
			o.ObserveInt64(lag, s.behind.Load(), m.group, number)
			if Phase(s.phase.Load()) == PhaseRestoring {
				o.ObserveInt64(copied, s.lag.Load(), m.group, number)
			}
		}
		for id, s := range e.copies {
			phases[Phase(s.phase.Load())]++
			if behind := s.lag.Load(); behind < math.MaxInt64 {
				o.ObserveInt64(copied, behind, m.group, metric.WithAttributes(attribute.Int("millrace.shard", int(id))))
			}
		}
		for phase, n := range phases {
			o.ObserveInt64(owned, n, m.group, metric.WithAttributes(attribute.String("millrace.phase", phase.String())))
		}
	}, owned, token, lag, copied)
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
	m.count(b.life, b.counted)
}

func (m *meters) owned(ctx context.Context, n int) { m.moves.Add(ctx, int64(n), m.group) }

func (m *meters) restored(ctx context.Context, d time.Duration) {
	m.restores.Record(ctx, d.Seconds(), m.group)
}

func (m *meters) read(ctx context.Context, records []*kgo.Record) {
	size := 0
	for _, r := range records {
		size += len(r.Key) + len(r.Value)
	}
	m.bytes.Add(ctx, int64(size), m.group)
}
