package outbox

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"

	"github.com/millrace/millrace/internal/pgaddress"
	"github.com/millrace/millrace/partitions"
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

// Relay publishes the committed rows of the outbox table. It is a part of a group, which lets one of its nodes do it at
// a time: see [Relay.Part].
type Relay struct {
	database    *pgx.ConnConfig
	slot        string
	publication string
	config      []byte
	connector   *connector
	table       string
	polled      bool
	logOnly     bool
	pollEvery   time.Duration
	source      source
	failover    bool
	letters     bool
	accepted    *LSN
	logger      *slog.Logger
	meter       metric.MeterProvider
	meters      *relayMeters

	unknown unknown

	mu     sync.Mutex
	status Status
	parted parted
	tables map[[2]string]bool // that are or were published, by schema and name
}

// Status is what a relay is doing in this process. While it does not work here, or cannot, its numbers are the last known.
type Status struct {
	// Working says that rows are read and published here. Another node may do so otherwise.
	Working bool
	// Halted says that it cannot go on before Err is mended, which it tries now and then.
	Halted bool
	// Slot is the slot's name, and for a relay that is given [Polled] "poll_" with that of [Slot], or with the table's.
	Slot      string
	Confirmed LSN
	// Lag is how many bytes of log are behind the confirmed position, -1 while it does not work here, or with [Polled].
	Lag int64
	// Behind is since when the oldest committed transaction waits that is not published, at most that long with [Polled].
	Behind time.Duration
	// Kept is how many bytes of log the server keeps for the slot, and WAL its wal_status, asked every 10 seconds.
	Kept int64
	WAL  string
	// Published counts records since the process began, and Rate is how many went out in the last second.
	Published int64
	Rate      float64
	// DeadLetters counts the rows of them that became dead letters.
	DeadLetters int64
	Err         error
}

// NewRelay makes a relay of a database's outbox. The address is PostgreSQL's own form, postgres://user@host/database; the
// role needs the REPLICATION attribute, but not with [Polled]. Nothing is contacted before a group with the relay's [Relay.Part] runs.
func NewRelay(database string, opts ...RelayOption) (*Relay, error) {
	config, err := pgaddress.Parse(database)
	if err != nil {
		return nil, errors.New("outbox: relay: the database address must be of the form postgres://user@host:5432/name")
	}
	r := &Relay{
		database: config, slot: Publication, publication: Publication, table: defaultTable, config: recommended,
		pollEvery: 100 * time.Millisecond,
		logger:    slog.New(slog.DiscardHandler), meter: metricnoop.NewMeterProvider(),
	}
	for _, opt := range opts {
		opt.applyRelay(r)
	}
	if r.logger == nil || r.meter == nil {
		return nil, errors.New("outbox: relay: logger and metrics must not be nil")
	}
	if r.polled {
		if r.slot == Publication {
			r.slot = strings.ReplaceAll(r.table, ".", "_")
		}
		r.slot = "poll_" + r.slot
	}
	if !tablePattern.MatchString(r.table) || r.pollEvery < pollShortest {
		return nil, fmt.Errorf("outbox: relay: %w: the name %q, looked at every %s, at least %s", ErrTable, r.table, r.pollEvery, pollShortest)
	}
	if !slotPattern.MatchString(r.slot) || !publicationPattern.MatchString(r.publication) {
		return nil, fmt.Errorf("outbox: relay: %w", errNames(r.slot, r.publication))
	}
	if r.connector, err = readConnector(r.config); err != nil {
		return nil, err
	}
	if &r.config[0] == &recommended[0] { // its table is an example
		r.connector.tables, r.connector.prefixes = nil, nil
	}
	if r.logOnly && !r.takes(r.table) {
		return nil, fmt.Errorf("%w: message.prefix.include.list or message.prefix.exclude.list leaves the prefix %q out, "+
			"which messages of outbox.LogOnly have here", ErrConnector, r.table)
	}
	r.source = logSource{relay: r}
	if r.polled {
		r.source = pollSource{config: r.database, table: r.table, connector: r.connector, longest: r.pollEvery, note: r.note}
	}
	r.status = Status{Slot: r.slot, Lag: -1}
	if r.meters, err = newRelayMeters(r); err != nil {
		return nil, fmt.Errorf("outbox: relay: %w", err)
	}
	return r, nil
}

// Part is what a group is given to run the relay: a table for what is published, and a singleton that publishes. Groups
// may have several relays, of different slots, beside all else. The topics that rows are routed to must be there.
//
//	group, err := partitions.New(b, "outbox", relay.Part())
//	err = group.Run(ctx)
//
// A relay never ends the group's run. What it cannot mend is logged and in [Relay.Status], and it tries again by itself.
func (r *Relay) Part() partitions.Option {
	return partitions.Options(partitions.Use(checkpoints, reports), partitions.Singleton("outbox."+r.slot, r.lead))
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
