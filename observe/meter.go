package observe

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/metric"
)

// Meter makes a package's instruments and keeps what goes wrong until [Meter.Err]. Units are those of UCUM: "s", "By",
// "" for a plain count. It is not safe for concurrent use; its instruments are.
type Meter struct {
	scope string
	meter metric.Meter
	errs  []error
}

// NewMeter makes instruments of the scope, which is the import path of the package that they measure.
func NewMeter(provider metric.MeterProvider, scope string) *Meter {
	return &Meter{scope: scope, meter: provider.Meter(scope)}
}

func (m *Meter) keep(err error) {
	if err != nil {
		m.errs = append(m.errs, err)
	}
}

// Err is what went wrong with all instruments so far.
func (m *Meter) Err() error {
	if len(m.errs) == 0 {
		return nil
	}
	return fmt.Errorf("observe: instruments of %s: %w", m.scope, errors.Join(m.errs...))
}

// Counter counts what only grows.
func (m *Meter) Counter(name, unit, description string) metric.Int64Counter {
	counter, err := m.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
	m.keep(err)
	return counter
}

// Histogram measures a distribution, such as of durations in seconds, in buckets that end at the bounds; without
// bounds they are the SDK's.
func (m *Meter) Histogram(name, unit, description string, bounds ...float64) metric.Float64Histogram {
	opts := []metric.Float64HistogramOption{metric.WithUnit(unit), metric.WithDescription(description)}
	if len(bounds) > 0 {
		opts = append(opts, metric.WithExplicitBucketBoundaries(bounds...))
	}
	histogram, err := m.meter.Float64Histogram(name, opts...)
	m.keep(err)
	return histogram
}

// Gauge is read by a callback of [Meter.Observe].
func (m *Meter) Gauge(name, unit, description string) metric.Int64ObservableGauge {
	gauge, err := m.meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description))
	m.keep(err)
	return gauge
}

// Observe lets read observe the gauges at each collection, until the function that it returns is called.
func (m *Meter) Observe(read func(context.Context, metric.Observer), gauges ...metric.Observable) (end func()) {
	registration, err := m.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		read(ctx, o)
		return nil
	}, gauges...)
	m.keep(err)
	return func() {
		if registration != nil {
			_ = registration.Unregister() // it only fails when it was unregistered before
		}
	}
}

// Level is a gauge that is set when what it shows changes.
func (m *Meter) Level(name, unit, description string) metric.Int64Gauge {
	level, err := m.meter.Int64Gauge(name, metric.WithUnit(unit), metric.WithDescription(description))
	m.keep(err)
	return level
}
