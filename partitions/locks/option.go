package locks

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
)

// The limits of what one acquire may ask for, and of the lease.
const (
	MaxNames     = 64
	MaxNameBytes = 255
	MinLease     = time.Second
	MaxLease     = time.Minute
)

// Option changes a manager. See [New].
type Option interface{ applyManager(*settings) }

type option func(*settings)

func (f option) applyManager(s *settings) { f(s) }

type settings struct {
	logger   *slog.Logger
	meter    metric.MeterProvider
	owner    string
	lease    time.Duration
	margin   time.Duration
	waiting  int
	replicas int
	every    int
	silence  time.Duration
}

// Logger receives what the manager has to say.
func Logger(l *slog.Logger) Option { return option(func(s *settings) { s.logger = l }) }

// Metrics gives the manager its metrics.
func Metrics(mp metric.MeterProvider) Option { return option(func(s *settings) { s.meter = mp }) }

// Owner is how this process is called in [Manager.Locks], 255 bytes at most. The default is its host and process id.
func Owner(text string) Option { return option(func(s *settings) { s.owner = text }) }

// LeaseTime is how long the others wait for a process that was not heard of: [MinLease] to [MaxLease], 10 seconds by
// default. It is renewed every third of that. This process itself stops to believe in its leases when four fifths have
// passed, so that between that moment and the next holder lies at least a fifth, less what the clocks drift.
func LeaseTime(d time.Duration) Option {
	return option(func(s *settings) { s.lease, s.margin = d, d/5 })
}

// MaxWaiting is how many requests, the holder's included, may be ahead of an acquire of this process, 0 to 100,000. The default is 10,000.
func MaxWaiting(n int) Option { return option(func(s *settings) { s.waiting = n }) }

// Replicas is the replication factor of a topic that has to be created. The default is the cluster's own.
func Replicas(n int) Option { return option(func(s *settings) { s.replicas = n }) }

// SnapshotEvery is after how many records the state is written down, 10 to 1,000,000, by default 1,000 or as many
// as there are requests. A process that starts reads about twice as many.
func SnapshotEvery(records int) Option { return option(func(s *settings) { s.every = records }) }

func newSettings(opts []Option) (settings, error) {
	s := settings{
		logger: slog.New(slog.DiscardHandler), meter: metricnoop.NewMeterProvider(), owner: hostAndProcess(),
		lease: 10 * time.Second, margin: 2 * time.Second, waiting: 10_000, every: 1000, silence: MaxLease + MaxLease/4,
	}
	for _, opt := range opts {
		opt.applyManager(&s)
	}
	var errs []error
	if s.logger == nil || s.meter == nil {
		errs = append(errs, errors.New("logger and metrics must not be nil"))
	}
	if s.lease < MinLease || s.lease > MaxLease {
		errs = append(errs, fmt.Errorf("lease %s must be %s to %s", s.lease, MinLease, MaxLease))
	}
	if len(s.owner) > 255 || !utf8.ValidString(s.owner) {
		errs = append(errs, errors.New("the owner must be 255 bytes of UTF-8 at most"))
	}
	if s.waiting < 0 || s.waiting > 100_000 || s.replicas < 0 || s.every < 10 || s.every > 1_000_000 {
		errs = append(errs, errors.New("MaxWaiting must be 0 to 100,000, Replicas positive, SnapshotEvery 10 to 1,000,000"))
	}
	return s, errors.Join(errs...)
}

func hostAndProcess() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

var groupPattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
