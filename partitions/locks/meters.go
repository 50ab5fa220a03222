package locks

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/observe"
)

// meters are the manager's metrics, which doc.go lists.
type meters struct {
	meter      *observe.Meter
	group      string
	attributes metric.MeasurementOption
	wait       metric.Float64Histogram
	hold       metric.Float64Histogram
	expiries   metric.Int64Counter
	lost       metric.Int64Counter
	leases     metric.Int64ObservableGauge
	waiting    metric.Int64ObservableGauge
}

func newMeters(provider metric.MeterProvider, group string) (*meters, error) {
	meter := observe.NewMeter(provider, "github.com/millrace/millrace/partitions/locks")
	bounds := []float64{.001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	m := &meters{
		meter: meter, group: group, attributes: metric.WithAttributes(attribute.String("millrace.locks.group", group)),
		wait:     meter.Histogram("millrace.locks.wait", "s", "Time that acquires took, by outcome.", bounds...),
		hold:     meter.Histogram("millrace.locks.hold", "s", "Time that leases were held until they were released.", bounds...),
		expiries: meter.Counter("millrace.locks.expiries", "{session}", "Sessions that this process declared to have expired."),
		lost:     meter.Counter("millrace.locks.lost", "{lease}", "Leases that this process lost."),
		leases:   meter.Gauge("millrace.locks.leases", "{lease}", "Leases that this process holds."),
		waiting:  meter.Gauge("millrace.locks.waiting", "{request}", "Requests of this process that wait."),
	}
	return m, meter.Err()
}

// watch observes the manager until the returned function is called.
func (m *meters) watch(of *Manager) (end func(), err error) {
	end = m.meter.Observe(func(_ context.Context, o metric.Observer) {
		var held, waiting int64
		of.mu.Lock()
		if of.tenure != nil {
			for _, c := range of.tenure.claims {
				if c.lease != nil {
					held++
				} else {
					waiting++
				}
			}
		}
		of.mu.Unlock()
		o.ObserveInt64(m.leases, held, m.attributes)
		o.ObserveInt64(m.waiting, waiting, m.attributes)
	}, m.leases, m.waiting)
	return end, m.meter.Err()
}

func (m *meters) waited(ctx context.Context, took time.Duration, err error) {
	outcome := "acquired"
	switch {
	case errors.Is(err, ErrBusy):
		outcome = "busy"
	case err != nil:
		outcome = "ended"
	}
	m.wait.Record(ctx, took.Seconds(), m.attributes, metric.WithAttributes(attribute.String("outcome", outcome)))
}

func (m *meters) held(took time.Duration) {
	m.hold.Record(context.Background(), took.Seconds(), m.attributes)
}

func (m *meters) losses(n int) { m.lost.Add(context.Background(), int64(n), m.attributes) }
