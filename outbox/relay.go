package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// RelayOption changes a relay. See [NewRelay].
type RelayOption interface{ applyRelay(*Relay) }

type relayOption func(*Relay)

func (f relayOption) applyRelay(r *Relay) { f(r) }

// Connector gives the relay a Debezium connector's JSON configuration to make its records by. The default is the
// recommended one.
func Connector(config []byte) RelayOption { return relayOption(func(r *Relay) { r.config = config }) }

// Logger receives what the relay has to say.
func Logger(l *slog.Logger) RelayOption { return relayOption(func(r *Relay) { r.logger = l }) }

// Metrics gives the relay its metrics.
func Metrics(mp metric.MeterProvider) RelayOption {
	return relayOption(func(r *Relay) { r.meter = mp })
}

// Relay publishes the committed rows of the outbox table. Of several relays with one slot, one works and the others
// wait to take over.
type Relay struct {
	publisher   bus.Publisher
	database    *pgx.ConnConfig
	slot        string
	publication string
	config      []byte
	connector   *connector
	logger      *slog.Logger
	meter       metric.MeterProvider
	meters      *relayMeters

	mu     sync.Mutex
	status Status
}

// Status is what a relay is doing. Lag is how many bytes of log are behind its confirmed position, -1 while it waits.
type Status struct {
	Working   bool
	Slot      string
	Confirmed LSN
	Lag       int64
	Published int64
	Err       error
}

// NewRelay makes a relay from a database to a publisher, usually a [bus.Bus]. The address is PostgreSQL's own form,
// postgres://user@host/database; the role needs the REPLICATION attribute. The relay publishes each row at least once:
// after a crash those that were not yet confirmed are published again under the same id.
func NewRelay(publisher bus.Publisher, database string, opts ...RelayOption) (*Relay, error) {
	config, err := pgx.ParseConfig(database)
	if err != nil {
		return nil, errors.New("outbox: relay: the database address must be of the form postgres://user@host:5432/name")
	}
	r := &Relay{
		publisher: publisher, database: config, slot: Publication, publication: Publication, config: recommended,
		logger: slog.New(slog.DiscardHandler), meter: metricnoop.NewMeterProvider(),
	}
	for _, opt := range opts {
		opt.applyRelay(r)
	}
	if publisher == nil || r.logger == nil || r.meter == nil {
		return nil, errors.New("outbox: relay: publisher, logger and metrics must not be nil")
	}
	if !slotPattern.MatchString(r.slot) || !publicationPattern.MatchString(r.publication) {
		return nil, fmt.Errorf("outbox: relay: %w", errNames(r.slot, r.publication))
	}
	if r.connector, err = readConnector(r.config); err != nil {
		return nil, err
	}
	r.status = Status{Slot: r.slot, Lag: -1}
	if r.meters, err = newRelayMeters(r); err != nil {
		return nil, fmt.Errorf("outbox: relay: %w", err)
	}
	return r, nil
}

// Status says what the relay is doing.
func (r *Relay) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

func (r *Relay) note(change func(*Status)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.status)
}

const (
	standbyWait = time.Second
	healthy     = 30 * time.Second
)

// Run publishes until ctx ends, which is not an error, or until something must be mended by hand. It waits out
// unreachable databases and brokers.
func (r *Relay) Run(ctx context.Context) error {
	pause := resilience.RetryPolicy{Attempts: 1, Initial: 100 * time.Millisecond, Max: 5 * time.Second, Multiplier: 2, Jitter: 0.5}
	waiting := false
	for failures := 0; ; {
		began, before := time.Now(), r.Status().Confirmed
		err := r.session(ctx)
		r.note(func(s *Status) { s.Working, s.Lag, s.Err = false, -1, err })
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is how a relay stops
		}
		if time.Since(began) > healthy || r.Status().Confirmed > before {
			failures = 0
		}
		wait := standbyWait
		switch {
		case hasCode(err, codeObjectInUse):
			if !waiting {
				r.logger.InfoContext(ctx, "another relay works; standing by", "slot", r.slot)
			}
			waiting = true
		case errors.Is(err, ErrSlot), errors.Is(err, ErrTable), errors.Is(err, ErrConnector), errors.Is(err, errMalformed), resilience.ClassOf(err) == resilience.ClassPermanent:
			return fmt.Errorf("outbox: relay: %w", err)
		default:
			waiting = false
			failures++
			wait = pause.Delay(failures)
			r.logger.WarnContext(ctx, "relay interrupted; starting again", "slot", r.slot, "in", wait, "error", err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}
