package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/pflag"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/internal/pgaddress"
	"github.com/millrace/millrace/outbox"
)

// outboxNames are those of an outbox that is asked what waits in it: the slot that its relay or connector reads, the table where rows are
// looked for, and the consumer group of the relays.
type outboxNames struct{ slot, table, group string }

// flags are those of a command, with the variables of millrace relay.
func (n *outboxNames) flags(flags *pflag.FlagSet) {
	flags.StringVar(&n.slot, "outbox-slot", cmp.Or(os.Getenv("OUTBOX_SLOT"), outbox.Publication),
		"replication slot of the outbox (OUTBOX_SLOT)")
	flags.StringVar(&n.table, "outbox-table", cmp.Or(os.Getenv("OUTBOX_TABLE"), "outboxevent"),
		"table of an outbox without a slot (OUTBOX_TABLE)")
	flags.StringVar(&n.group, "outbox-group", cmp.Or(os.Getenv("OUTBOX_GROUP"), relayGroup),
		"consumer group of the outbox's relays (OUTBOX_GROUP)")
}

// waits tells since when events of an outbox may wait that no topic holds yet: see claimcheck.Since.
type waits struct {
	outboxNames

	database string
	bus      *bus.Bus
	// catchUp is how long a relay may take to come to where the log ended when it was asked.
	catchUp time.Duration
}

// options are a collector's: none where there is no database to ask.
func (w waits) options() []claimcheck.CollectorOption {
	if w.database == "" {
		return nil
	}
	return []claimcheck.CollectorOption{claimcheck.Since(w.since)}
}

const (
	// waitsLimit bounds one asking, catchUp included.
	waitsLimit   = 2 * time.Minute
	catchUpLimit = 30 * time.Second
	catchUpEvery = 100 * time.Millisecond
)

func (w waits) since(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, waitsLimit)
	defer cancel()
	oldest, err := w.ask(ctx)
	if err != nil {
		return oldest, fmt.Errorf("nothing is deleted while the outbox does not tell what waits in it: %w", err)
	}
	return oldest, nil
}

// outboxQuery tells the present, where the log ends by now, and in which ways the outbox is read.
const outboxQuery = `SELECT now(), pg_current_wal_insert_lsn()::text, (SELECT system_identifier::text FROM pg_control_system()),
	EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1 AND database = current_database()),
	EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($2) AND attname = 'seq' AND NOT attisdropped)`

// ask is the present where nothing waits. A transaction that is open now is not seen: its rows are younger than the grace.
func (w waits) ask(ctx context.Context) (time.Time, error) {
	conn, err := pgaddress.Connect(ctx, w.database)
	if err != nil {
		return time.Time{}, fmt.Errorf("postgres: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var oldest time.Time
	var end, system string
	var slotted, polled bool
	if err := conn.QueryRow(ctx, outboxQuery, w.slot, w.table).Scan(&oldest, &end, &system, &slotted, &polled); err != nil {
		return time.Time{}, fmt.Errorf("postgres: %w", err)
	}
	if !slotted && !polled {
		return time.Time{}, fmt.Errorf("the database has no slot %s, and no table %s whose rows a relay looks for: name them with "+
			"--outbox-slot or --outbox-table; or, if it has no outbox, go without a database (--database '')", w.slot, w.table)
	}
	if slotted {
		since, err := w.inLog(ctx, conn, end, system)
		if err != nil {
			return time.Time{}, err
		}
		if !since.IsZero() {
			oldest = since
		}
	}
	if polled {
		if err := w.inTable(ctx, conn); err != nil {
			return time.Time{}, err
		}
	}
	return oldest, nil
}

// inLog is zero where the slot's reader has confirmed all up to end. Otherwise it is when the last transaction was committed of which its
// relay has published something: what waits was committed later.
func (w waits) inLog(ctx context.Context, conn *pgx.Conn, end, system string) (time.Time, error) {
	const query = `SELECT coalesce(bool_or(confirmed_flush_lsn >= $2::text::pg_lsn), false) FROM pg_replication_slots WHERE slot_name = $1`
	if read, err := w.comes(ctx, conn, query, w.slot, end); err != nil || read {
		return time.Time{}, err
	}
	standings, err := outbox.Standings(ctx, w.bus, w.group)
	if err != nil {
		return time.Time{}, err
	}
	for _, s := range standings {
		if s.Slot == w.slot && s.System == system && !s.Last.IsZero() {
			return s.Last, nil
		}
	}
	return time.Time{}, fmt.Errorf("the slot %s is behind %s, and no relay of the group %s has told up to when it has published: start it, "+
		"or name its group with --outbox-group; `millrace outbox` says more. A Debezium connector tells only by what the slot has confirmed, "+
		"which on an idle table stands: give it a heartbeat, heartbeat.interval.ms with heartbeat.action.query", w.slot, end, w.group)
}

// inTable is an error where rows wait on that were there when it was called: a row's time is the application's, and not when it was written.
func (w waits) inTable(ctx context.Context, conn *pgx.Conn) error {
	table := pgx.Identifier(strings.Split(w.table, ".")).Sanitize()
	var last *int64
	err := conn.QueryRow(ctx, "SELECT max(seq) FROM "+table).Scan(&last)
	if err != nil || last == nil {
		return ofPostgres(err)
	}
	gone, err := w.comes(ctx, conn, "SELECT NOT EXISTS (SELECT FROM "+table+" WHERE seq <= $1)", *last)
	if err != nil {
		return ofPostgres(err)
	}
	if !gone {
		return fmt.Errorf("rows of %s have waited for %s: start its relay", w.table, w.catchUp)
	}
	return nil
}

func ofPostgres(err error) error {
	if err != nil {
		err = fmt.Errorf("postgres: %w", err)
	}
	return err
}

// comes asks until the answer is yes, or for as long as a relay may take.
func (w waits) comes(ctx context.Context, conn *pgx.Conn, query string, args ...any) (yes bool, err error) {
	for deadline := time.Now().Add(w.catchUp); ; {
		err := conn.QueryRow(ctx, query, args...).Scan(&yes)
		if err != nil || yes || time.Now().After(deadline) {
			return yes, err //nolint:wrapcheck // wrapped by ask
		}
		timer := time.NewTimer(catchUpEvery)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}
