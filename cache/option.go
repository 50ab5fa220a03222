package cache

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
)

// Option changes a [Cache]. See [New].
type Option interface{ applyCache(*settings) }

type option func(*settings)

func (f option) applyCache(s *settings) { f(s) }

// CommonOption changes a [Cache] or a [Limiter].
type CommonOption interface {
	Option
	LimiterOption
}

type common func(*basics)

func (f common) applyCache(s *settings)          { f(&s.basics) }
func (f common) applyLimiter(s *limiterSettings) { f(&s.basics) }

// basics are what all have that ask Redis.
type basics struct {
	logger *slog.Logger
	meter  metric.MeterProvider
	limit  time.Duration
	shared bool
}

func newBasics() basics {
	return basics{logger: slog.New(slog.DiscardHandler), meter: metricnoop.NewMeterProvider(), limit: 250 * time.Millisecond}
}

func (b basics) check(name string) error {
	switch {
	case name == "" || len(name) > 64 || strings.ContainsAny(name, ":{} \r\n"):
		return fmt.Errorf("the name %q must have 1 to 64 characters, and no colon, brace or space", name)
	case b.logger == nil || b.meter == nil:
		return errors.New("logger and metrics must not be nil")
	case b.limit < time.Millisecond:
		return fmt.Errorf("RedisLimit %s must be at least 1ms", b.limit)
	}
	return nil
}

// Logger receives when Redis is lost and found.
func Logger(l *slog.Logger) CommonOption { return common(func(b *basics) { b.logger = l }) }

// Metrics gives metrics.
func Metrics(mp metric.MeterProvider) CommonOption { return common(func(b *basics) { b.meter = mp }) }

// RedisLimit is how long one question to Redis may take before it is done without. The default is 250 ms.
func RedisLimit(d time.Duration) CommonOption { return common(func(b *basics) { b.limit = d }) }

// Shared is for what belongs to no tenant. Without it each tenant has its own, and a call without a tenant in its context is refused.
func Shared() CommonOption { return common(func(b *basics) { b.shared = true }) }

type settings struct {
	basics

	codec    any // a Codec of the values' type, nil for JSON
	version  string
	ttl      time.Duration
	negative time.Duration
	local    time.Duration
	jitter   float64
	memory   int
	loads    int
	load     time.Duration
}

// TTL is how long Redis keeps a value, and how long one that was not found is known not to be there. The default is 10 minutes and 10 seconds. Both
// are a tenth shorter at most, by chance, so that what was loaded together does not end together: see [Jitter].
func TTL(found, notFound time.Duration) Option {
	return option(func(s *settings) { s.ttl, s.negative = found, notFound })
}

// Local is how long this process keeps a value, and how many bytes all of them take, about; 0 bytes for none. The default is a minute and 64 MiB.
func Local(ttl time.Duration, bytes int) Option {
	return option(func(s *settings) { s.local, s.memory = ttl, bytes })
}

// Jitter is by which part of it a time to live is shortened at most, by chance: 0 to below 1. The default is 0.1.
func Jitter(part float64) Option { return option(func(s *settings) { s.jitter = part }) }

// Loads is how many loads of this process run at once, others wait, and how long one may take. The default is 64 and 10 seconds.
func Loads(atOnce int, limit time.Duration) Option {
	return option(func(s *settings) { s.loads, s.load = atOnce, limit })
}

// Version is of what values look like. Values of another version are not read: change it when the type changes. The default is "1".
func Version(text string) Option { return option(func(s *settings) { s.version = text }) }

func newSettings(name string, opts []Option) (settings, error) {
	s := settings{
		basics: newBasics(), version: "1", ttl: 10 * time.Minute, negative: 10 * time.Second, local: time.Minute, jitter: 0.1, memory: 64 << 20,
		loads: 64, load: 10 * time.Second,
	}
	for _, opt := range opts {
		opt.applyCache(&s)
	}
	err := s.check(name)
	switch {
	case err != nil:
	case s.ttl < time.Millisecond || s.negative < time.Millisecond || s.local <= 0 || s.memory < 0:
		err = errors.New("TTL must be 1 ms or more, Local's time positive and its bytes not negative")
	case !(s.jitter >= 0 && s.jitter < 1):
		err = fmt.Errorf("Jitter %g must be at least 0 and below 1", s.jitter)
	case s.loads < 1 || s.load < time.Millisecond:
		err = errors.New("Loads must be at least 1 at once, and 1 ms")
	case s.version == "" || strings.Contains(s.version, ":"):
		err = fmt.Errorf("Version %q must not be empty or have a colon", s.version)
	}
	if err != nil {
		return s, fmt.Errorf("cache: new %q: %w", name, err)
	}
	return s, nil
}
