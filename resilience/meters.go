package resilience

import (
	"context"
	"errors"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/observe"
)

// kind says why an attempt is made.
type kind string

const (
	kindFirst kind = "first"
	kindRetry kind = "retry"
	kindHedge kind = "hedge"
)

func kindOf[T any](e failsafe.Execution[T]) kind {
	switch {
	case e.IsHedge():
		return kindHedge
	case e.Retries() > 0:
		return kindRetry
	}
	return kindFirst
}

type meters struct {
	policy   attribute.KeyValue
	took     metric.Float64Histogram
	attempts metric.Int64Counter
	changes  metric.Int64Counter
	breaker  metric.Int64Gauge
	limits   metric.Int64Gauge
}

func newMeters(name string, provider metric.MeterProvider) (*meters, error) {
	m := observe.NewMeter(provider, "github.com/millrace/millrace/resilience")
	made := &meters{
		policy: attribute.String("millrace.policy", name),
		took: m.Histogram("millrace.resilience.call.duration", "s", "Time of calls with all their attempts, by outcome.",
			0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
		attempts: m.Counter("millrace.resilience.attempts", "{attempt}", "Attempts that were made, by kind."),
		changes:  m.Counter("millrace.resilience.breaker.changes", "{change}", "Changes of breakers, by the state that they came to."),
		breaker:  m.Level("millrace.resilience.breaker.state", "", "State of breakers: 0 closed, 1 half open, 2 open."),
		limits:   m.Level("millrace.resilience.limit", "{attempt}", "Attempts that the adaptive limit allows at once."),
	}
	return made, m.Err()
}

func (m *meters) call(ctx context.Context, began time.Time, err error) {
	m.took.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(m.policy, attribute.String("outcome", outcome(err))))
}

func (m *meters) attempt(ctx context.Context, k kind) {
	m.attempts.Add(ctx, 1, metric.WithAttributes(m.policy, attribute.String("kind", string(k))))
}

func (m *meters) state(s state) {
	m.breaker.Record(context.Background(), int64(s), metric.WithAttributes(m.policy))
}

func (m *meters) changed(to state) {
	m.changes.Add(context.Background(), 1, metric.WithAttributes(m.policy, attribute.String("state", to.String())))
}

func (m *meters) limit(now int) {
	m.limits.Record(context.Background(), int64(now), metric.WithAttributes(m.policy))
}

// outcome is a code, or the class of another error, or "ok", or "cancelled".
func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	if own, ok := errors.AsType[*Error](err); ok {
		return string(own.Code)
	}
	if errors.Is(err, context.Canceled) {
		return "cancelled"
	}
	return ClassOf(err).String()
}
