package push

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
)

// Option changes a hub. See [New].
type Option interface{ applyHub(*settings) }

type option func(*settings)

func (f option) applyHub(s *settings) { f(s) }

type settings struct {
	logger            *slog.Logger
	meter             metric.MeterProvider
	auth              func(*http.Request) (Grant, error)
	verifier          Verifier
	tickets           *tickets
	origins           []string
	procedures        map[string]*Procedure
	around            []func(context.Context, Call, func(context.Context) error) error
	writable          map[string]Writable
	latest            map[string]bool
	present           map[string]bool
	described         []Described
	atOnce            int // calls of a connection
	rate              int // messages of a connection in a second
	quotas            *quotas
	compacted         *atomic.Bool // the broadcast topic is
	message           int          // bytes
	errs              []error
	history           limits
	partitions        int
	queueCount        int
	queueBytes        int
	connections       int
	tenantConnections int
	channels          int
	selective         bool // see Interest
	linger            time.Duration
	heartbeat         time.Duration
	write             time.Duration
	readBack          int
	reconnect         time.Duration
}

// Logger receives what the hub has to say.
func Logger(l *slog.Logger) Option { return option(func(s *settings) { s.logger = l }) }

// Metrics gives the hub its metrics.
func Metrics(mp metric.MeterProvider) Option { return option(func(s *settings) { s.meter = mp }) }

// History is how many messages of a channel are kept in memory, and for how long. The default is 1,000 and an hour.
// Clients that missed more are served from Kafka. A channel's history takes 4 MiB at most, and a hub begins with the
// newest 100,000 records of each partition at most.
func History(count int, age time.Duration) Option {
	return option(func(s *settings) { s.history.count, s.history.age = count, age })
}

// Memory is what the history of all channels takes at most, about, in bytes. The default is 256 MiB; the oldest
// messages are forgotten first. What was read from Kafka for clients that resume, and is not written yet, takes as much again at most, and 16 MiB at
// least: more clients wait, and are told to come back after 25 seconds.
func Memory(bytes int) Option { return option(func(s *settings) { s.history.total = bytes }) }

// Partitions is the number of partitions that the broadcast topic is created with. The default is 4.
func Partitions(n int) Option { return option(func(s *settings) { s.partitions = n }) }

// Queue bounds what waits for one client: messages and bytes. A client that is further behind is disconnected, and
// resumes. The default is 16,384 messages and 8 MiB; clients share what the messages take.
func Queue(messages, bytes int) Option {
	return option(func(s *settings) { s.queueCount, s.queueBytes = messages, bytes })
}

// Connections is how many clients one hub serves, and how many of them may be of one tenant. More are refused with
// status 503 and 429. The default is 20,000 and 5,000. Clients without a tenant count for the hub alone.
func Connections(hub, tenant int) Option {
	return option(func(s *settings) { s.connections, s.tenantConnections = hub, tenant })
}

// Channels is how many channels, or keys of channels, a connection may follow. The default is 64.
func Channels(n int) Option { return option(func(s *settings) { s.channels = n }) }

// KeepAlive is how often a quiet client is told where it stands, and a WebSocket pinged: one that is silent for twice as long is
// disconnected. The default is 15 seconds.
func KeepAlive(d time.Duration) Option { return option(func(s *settings) { s.heartbeat = d }) }

// WriteLimit is how long one write of 64 KiB, or of one larger message, may take before the client counts as gone. A
// WebSocket's may take half as long again. The default is 10 seconds.
func WriteLimit(d time.Duration) Option { return option(func(s *settings) { s.write = d }) }

// Reconnect is how long a client waits at least before it connects again; it is told a time between that and three
// times as much, by chance. The default is a second.
func Reconnect(wait time.Duration) Option { return option(func(s *settings) { s.reconnect = wait }) }

// ReadBack is how many records a client may be behind, those of other channels included, to be resumed from Kafka. One
// that is further behind gets a reset. The default is 100,000.
func ReadBack(records int) Option { return option(func(s *settings) { s.readBack = records }) }

func newSettings(opts []Option) (settings, error) {
	s := settings{
		logger: slog.New(slog.DiscardHandler), meter: metricnoop.NewMeterProvider(),
		history: limits{count: 1000, bytes: 4 << 20, age: time.Hour, total: 256 << 20}, partitions: 4,
		queueCount: 16_384, queueBytes: 8 << 20, connections: 20_000, tenantConnections: 5_000, channels: 64,
		heartbeat: 15 * time.Second, write: 10 * time.Second, readBack: 100_000, reconnect: time.Second,
		procedures: make(map[string]*Procedure), writable: make(map[string]Writable), latest: make(map[string]bool), present: make(map[string]bool),
		atOnce: 64, rate: 200, message: 64 << 10, quotas: &quotas{rate: 10_000, tenants: make(map[string]*bucket)}, compacted: new(atomic.Bool),
	}
	for _, opt := range opts {
		opt.applyHub(&s)
	}
	if err := errors.Join(s.errs...); err != nil {
		return s, fmt.Errorf("push: new: %w", err)
	}
	if s.tickets != nil && s.auth == nil && s.verifier == nil {
		return s, errors.New("push: new: Tickets are of no use without Auth or Tokens, which say who gets them")
	}
	if s.logger == nil || s.meter == nil {
		return s, errors.New("push: new: logger and metrics must not be nil")
	}
	if s.history.count < 0 || s.history.age < 0 || s.history.total < 0 || s.readBack < 0 {
		return s, errors.New("push: new: History, Memory and ReadBack must not be negative")
	}
	if s.partitions < 1 || s.queueCount < 1 || s.queueBytes < 1<<10 || s.connections < 1 || s.tenantConnections < 1 {
		return s, errors.New("push: new: Partitions, Queue and Connections must be positive, and a queue at least 1 KiB")
	}
	if s.atOnce < 1 || s.rate < 1 || s.quotas.rate < 1 || s.message < 1<<10 || s.channels < 1 {
		return s, errors.New("push: new: Calls, TenantCalls and Channels must be positive, and Message at least 1 KiB")
	}
	if s.selective && s.linger < leastLinger {
		return s, errors.New("push: new: Interest must linger for 30 seconds or more")
	}
	if s.heartbeat < time.Millisecond || s.write <= 0 || s.reconnect <= 0 {
		return s, errors.New("push: new: KeepAlive must be 1 ms or more, and WriteLimit and Reconnect positive")
	}
	return s, nil
}
