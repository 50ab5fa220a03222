package cache

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/observe"
)

// origin is where a value came from.
type origin string

const (
	fromLocal       origin = "process"
	fromRedis       origin = "redis"
	fromSource      origin = "source"
	fromSourceAlone origin = "source_without_redis"
)

type meters struct {
	cache         attribute.KeyValue
	gets          metric.Int64Counter
	loads         metric.Float64Histogram
	invalidations metric.Int64Counter
	flushes       metric.Int64Counter
}

func newMeters(name string, provider metric.MeterProvider) (*meters, error) {
	m := observe.NewMeter(provider, "github.com/millrace/millrace/cache")
	return &meters{
		cache: attribute.String("millrace.cache", name),
		gets: m.Counter("millrace.cache.gets", "{get}",
			"Values that were read, by where they came from; those who wait for one together count once."),
		loads:         m.Histogram("millrace.cache.load.duration", "s", "Time of loads from the source."),
		invalidations: m.Counter("millrace.cache.invalidations", "{key}", "Keys that other processes, or this one, said to forget."),
		flushes:       m.Counter("millrace.cache.flushes", "{flush}", "Times that all was forgotten, since invalidations may have been lost."),
	}, m.Err()
}

func (m *meters) got(ctx context.Context, from origin) {
	m.gets.Add(ctx, 1, metric.WithAttributes(m.cache, attribute.String("from", string(from))))
}

func (m *meters) loaded(ctx context.Context, began time.Time, err error) {
	m.loads.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(m.cache, attribute.Bool("failed", err != nil)))
}

func (m *meters) invalidated(ctx context.Context) {
	m.invalidations.Add(ctx, 1, metric.WithAttributes(m.cache))
}

func (m *meters) flushed(ctx context.Context) { m.flushes.Add(ctx, 1, metric.WithAttributes(m.cache)) }
