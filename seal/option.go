package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"

	"github.com/millrace/millrace/observe"
)

// Option changes a [Sealer]. See [New].
type Option interface{ applySealer(*settings) }

type option func(*settings)

func (f option) applySealer(s *settings) { f(s) }

type settings struct {
	meter    metric.MeterProvider
	lifetime time.Duration
	limit    time.Duration
	uses     int64
	most     int
}

// Metrics gives the sealer its metrics.
func Metrics(mp metric.MeterProvider) Option { return option(func(s *settings) { s.meter = mp }) }

// KeyLifetime is how long a data key is kept in memory, counted from when the source was asked for it. So long after a tenant's key is destroyed
// other processes may still open its boxes. The default is 5 minutes.
func KeyLifetime(d time.Duration) Option { return option(func(s *settings) { s.lifetime = d }) }

// KeyUses is how many boxes one data key seals, and how often one is taken from memory to open with. The default is about a million (1<<20). It is
// at most 1<<32, up to where random nonces of 96 bits are safe.
func KeyUses(n int64) Option { return option(func(s *settings) { s.uses = n }) }

// MaxKeys is how many data keys are kept in memory; the ones used last stay. The default is 10,000.
func MaxKeys(n int) Option { return option(func(s *settings) { s.most = n }) }

// SourceLimit is how long the key source has for an answer. The default is 10 seconds.
func SourceLimit(d time.Duration) Option { return option(func(s *settings) { s.limit = d }) }

func newSettings(source KeySource, opts []Option) (settings, error) {
	s := settings{meter: metricnoop.NewMeterProvider(), lifetime: 5 * time.Minute, limit: 10 * time.Second, uses: 1 << 20, most: 10_000}
	for _, opt := range opts {
		opt.applySealer(&s)
	}
	switch {
	case source == nil || s.meter == nil:
		return s, errors.New("seal: new: key source and metrics must not be nil")
	case s.lifetime <= 0 || s.limit <= 0 || s.most < 1:
		return s, errors.New("seal: new: KeyLifetime, SourceLimit and MaxKeys must be positive")
	case s.uses < 1 || s.uses > 1<<32:
		return s, fmt.Errorf("seal: new: KeyUses %d must be 1 to %d", s.uses, int64(1)<<32)
	}
	return s, nil
}

type meters struct{ keys metric.Int64Counter }

func newMeters(provider metric.MeterProvider) (*meters, error) {
	m := observe.NewMeter(provider, "github.com/millrace/millrace/seal")
	return &meters{keys: m.Counter("millrace.seal.keys", "{key}", "Data keys that were needed, by whether they were in memory.")}, m.Err()
}

func (m *meters) took(ctx context.Context, cached bool) {
	m.keys.Add(ctx, 1, metric.WithAttributes(attribute.Bool("cached", cached)))
}
