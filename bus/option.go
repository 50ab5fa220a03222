package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// Option changes how [Open] makes a bus.
type Option interface{ applyBus(*config) }

type option func(*config)

func (f option) applyBus(c *config) { f(c) }

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

type config struct {
	address        address
	logger         *slog.Logger
	tracer         trace.TracerProvider
	meter          metric.MeterProvider
	observed       bool
	token          func(context.Context) (string, error)
	credentials    func(context.Context) (user, password string, err error)
	security       []kgo.Opt
	clientID       string
	dial           dialer
	dialTimeout    time.Duration
	linger         time.Duration
	publishTimeout time.Duration
	transaction    time.Duration
	atomics        int
	reach          *reach
	limits         *topicLimits
	registry       Registry
	registered     bool
}

// Logger receives what the bus has to say; without it nothing is logged. Payloads and credentials never are.
func Logger(l *slog.Logger) Option { return option(func(c *config) { c.logger = l }) }

// Telemetry gives the bus its traces and metrics; without it there are none.
func Telemetry(tp trace.TracerProvider, mp metric.MeterProvider) Option {
	return option(func(c *config) { c.tracer, c.meter, c.observed = tp, mp, true })
}

// ClientID is the name that brokers see in logs and quotas. The default is "millrace".
func ClientID(id string) Option { return option(func(c *config) { c.clientID = id }) }

// Dialer replaces how connections to brokers are made, for tests and tunnels. Its context ends after 5 seconds.
func Dialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return option(func(c *config) { c.dial = dial })
}

// Linger is how long a publish waits for others to share its batch, 0 to 1 second. The default is 0: concurrent
// publishes still share batches while an earlier one is on its way.
func Linger(d time.Duration) Option { return option(func(c *config) { c.linger = d }) }

// PublishTimeout bounds one Publish whose context has no earlier end. The default is 30 seconds, the least 1 second.
func PublishTimeout(d time.Duration) Option {
	return option(func(c *config) { c.publishTimeout = d })
}

// AtomicPublishers is how many [Atomic] messages may be published at once, 1 to 64. The default is 3.
func AtomicPublishers(n int) Option { return option(func(c *config) { c.atomics = n }) }

func newConfig(rawURL string, opts []Option) (*config, error) {
	at, err := parseAddress(rawURL)
	if err != nil {
		return nil, err
	}
	c := &config{
		address: at, logger: slog.New(slog.DiscardHandler),
		tracer: tracenoop.NewTracerProvider(), meter: metricnoop.NewMeterProvider(),
		clientID: "millrace", dialTimeout: 5 * time.Second,
		publishTimeout: 30 * time.Second, transaction: 10 * time.Second, atomics: 3,
	}
	for _, opt := range opts {
		opt.applyBus(c)
	}
	c.reach, c.limits = newReach(c.logger, at.seeds), newTopicLimits()
	return c, errors.Join(c.check(), c.secure())
}

func (c *config) check() error {
	var errs []error
	if c.logger == nil {
		errs = append(errs, errors.New("the logger must not be nil"))
	}
	if c.tracer == nil || c.meter == nil {
		errs = append(errs, errors.New("telemetry providers must not be nil"))
	}
	if c.registered && c.registry == nil {
		errs = append(errs, errors.New("the schema registry must not be nil"))
	}
	if c.linger < 0 || c.linger > time.Second {
		errs = append(errs, fmt.Errorf("linger %s must be between 0 and 1s", c.linger))
	}
	if c.publishTimeout < time.Second {
		errs = append(errs, fmt.Errorf("publish timeout %s must be at least 1s", c.publishTimeout))
	}
	if c.atomics < 1 || c.atomics > 64 {
		errs = append(errs, fmt.Errorf("atomic publishers %d must be 1 to 64", c.atomics))
	}
	if len(errs) > 0 {
		return fmt.Errorf("bus: open: %w", errors.Join(errs...))
	}
	return nil
}

// client makes a Kafka client with what all clients of a bus share.
func (c *config) client(opts ...kgo.Opt) (*kgo.Client, error) {
	base := []kgo.Opt{
		kgo.SeedBrokers(c.address.seeds...),
		kgo.ClientID(c.clientID),
		kgo.SoftwareNameAndVersion("millrace", "dev"),
		kgo.MetadataMinAge(250 * time.Millisecond),
		kgo.DialTimeout(c.dialTimeout),
		kgo.ProducerLinger(c.linger),
		kgo.RecordPartitioner(Partitioner()),
		kgo.ProducerBatchMaxBytesFn(c.limits.of),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.TransactionTimeout(c.transaction),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.WithHooks(c.reach),
	}
	if c.observed {
		base = append(base, c.hooks())
	}
	if c.dial != nil {
		base = append(base, kgo.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, c.dialTimeout)
			defer cancel()
			return c.dial(ctx, network, address)
		}))
	}
	client, err := kgo.NewClient(slices.Concat(base, c.security, opts)...)
	if err != nil {
		return nil, fmt.Errorf("bus: open: %w", err)
	}
	return client, nil
}
