package push

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
)

// Option changes a hub. See [New].
type Option interface{ applyHub(*settings) }

type option func(*settings)

func (f option) applyHub(s *settings) { f(s) }

type settings struct {
	logger      *slog.Logger
	meter       metric.MeterProvider
	authorize   func(r *http.Request, channels []string) error
	history     limits
	partitions  int
	queueCount  int
	queueBytes  int
	connections int
	channels    int
	heartbeat   time.Duration
	write       time.Duration
	readBack    int
	reconnect   time.Duration
}

// Logger receives what the hub has to say.
func Logger(l *slog.Logger) Option { return option(func(s *settings) { s.logger = l }) }

// Metrics gives the hub its metrics.
func Metrics(mp metric.MeterProvider) Option { return option(func(s *settings) { s.meter = mp }) }

// Auth decides whether a request may follow the channels. Its error becomes status 403; its text is shown to the
// client. Without it every request of the same origin may. The tenant is that of the request's context.
func Auth(allow func(r *http.Request, channels []string) error) Option {
	return option(func(s *settings) { s.authorize = allow })
}

// History is how many messages of a channel are kept in memory, and for how long. The default is 1,000 and an hour.
// Clients that missed more are served from Kafka.
func History(count int, age time.Duration) Option {
	return option(func(s *settings) { s.history.count, s.history.age = count, age })
}

// Partitions is the number of partitions that the broadcast topic is created with. The default is 4.
func Partitions(n int) Option { return option(func(s *settings) { s.partitions = n }) }

// Queue bounds what waits for one client: messages and bytes. A client that is further behind is disconnected, and
// resumes. The default is 1,024 messages and 1 MiB.
func Queue(messages, bytes int) Option {
	return option(func(s *settings) { s.queueCount, s.queueBytes = messages, bytes })
}

// Connections is how many clients one hub serves. The default is 20,000; more are told to come back.
func Connections(n int) Option { return option(func(s *settings) { s.connections = n }) }

// KeepAlive is how often a quiet stream sends a comment. The default is 15 seconds.
func KeepAlive(d time.Duration) Option { return option(func(s *settings) { s.heartbeat = d }) }

// ReadBack is how many records a hub reads from Kafka to resume one client before it gives a reset instead.
// The default is 100,000.
func ReadBack(records int) Option { return option(func(s *settings) { s.readBack = records }) }

func newSettings(opts []Option) (settings, error) {
	s := settings{
		logger: slog.New(slog.DiscardHandler), meter: metricnoop.NewMeterProvider(),
		history: limits{count: 1000, bytes: 4 << 20, age: time.Hour}, partitions: 4,
		queueCount: 1024, queueBytes: 1 << 20, connections: 20_000, channels: 64,
		heartbeat: 15 * time.Second, write: 10 * time.Second, readBack: 100_000, reconnect: time.Second,
	}
	for _, opt := range opts {
		opt.applyHub(&s)
	}
	switch {
	case s.logger == nil || s.meter == nil:
		return s, errors.New("push: new: logger and metrics must not be nil")
	case s.history.count < 0 || s.history.age < 0 || s.partitions < 1 || s.queueCount < 1 || s.queueBytes < 1<<10 ||
		s.connections < 1 || s.heartbeat <= 0 || s.readBack < 0:
		return s, fmt.Errorf("push: new: limits must be positive, and a queue at least 1 KiB: %+v", s.history)
	}
	return s, nil
}
