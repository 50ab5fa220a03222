package outbox

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bench/figures"
	"github.com/millrace/millrace/bench/process"
)

const (
	churnBytes = 500_000
	churnEvery = 100 * time.Millisecond
	// keptLimit is how much churn, by its time, the slot may keep: PostgreSQL notes every 15 seconds from where a slot
	// could be read again.
	keptLimit = 30 * time.Second
)

// slack is what is kept of the log at most.
type slack struct{ lag, kept, churned int64 }

// still lets the relay have nothing to do while another database of the server fills the log.
func (b *bench) still(ctx context.Context) error {
	return b.alone(ctx, caseQuiet, func(p *process.Process, slot string) ([]figures.Figure, error) {
		most, err := b.beside(ctx, p, slot)
		if err != nil {
			return nil, err
		}
		found := []figures.Figure{
			figure(caseQuiet, "millrace", "churn", float64(most.churned)/1e6),
			figure(caseQuiet, "millrace", "lag", float64(most.lag)/1e6),
			figure(caseQuiet, "millrace", "kept", float64(most.kept)/1e6),
		}
		if limit := float64(most.churned) * min(keptLimit.Seconds()/b.quiet.Seconds(), 1); float64(most.kept) > limit {
			err = fmt.Errorf("the slot kept %.0f MB of log, which is more than %.0f, the churn of %v", float64(most.kept)/1e6, limit/1e6, keptLimit)
		}
		return found, err
	}, func() error { return nil })
}

// beside churns in a database of its own, and asks each second what the slot keeps.
func (b *bench) beside(ctx context.Context, p *process.Process, slot string) (most slack, err error) {
	at, err := url.Parse(b.database)
	if err != nil {
		return most, err //nolint:wrapcheck // a bench
	}
	other := b.name + "_other"
	if _, err := b.conn.Exec(ctx, "CREATE DATABASE "+other); err != nil {
		return most, err //nolint:wrapcheck // a bench
	}
	defer func() {
		_, dropped := b.conn.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+other+" WITH (FORCE)")
		err = errors.Join(err, dropped)
	}()
	at.Path = "/" + other
	if err := b.until(ctx, p, "SELECT active FROM pg_replication_slots WHERE slot_name = '"+slot+"'"); err != nil {
		return most, err
	}
	ctx, cancel := context.WithTimeout(ctx, b.quiet)
	defer cancel()
	var churning errgroup.Group
	churning.Go(func() error { return churn(ctx, at.String()) })
	most, err = b.keeps(ctx, p, slot)
	cancel()
	return most, errors.Join(err, churning.Wait())
}

// until asks the database until it says true.
func (b *bench) until(ctx context.Context, p *process.Process, question string) error {
	for answer := false; !answer; {
		if err := errors.Join(b.conn.QueryRow(ctx, question).Scan(&answer), p.Alive()); err != nil {
			return err
		}
	}
	return nil
}

// churn fills the log until ctx ends.
func churn(ctx context.Context, database string) error {
	whole := context.WithoutCancel(ctx)
	conn, err := pgx.Connect(whole, database)
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	defer conn.Close(whole)
	if _, err := conn.Exec(whole, "CREATE TABLE churn (id bigint PRIMARY KEY, pad text)"); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	pace := time.NewTicker(churnEvery)
	defer pace.Stop()
	for {
		if _, err := conn.Exec(whole, "INSERT INTO churn SELECT n, repeat(md5(n::text), 32) FROM generate_series(1, $1) n "+
			"ON CONFLICT (id) DO UPDATE SET pad = excluded.pad", churnBytes/1000); err != nil { //nolint:mnd // a kilobyte each
			return err //nolint:wrapcheck // a bench
		}
		select {
		case <-ctx.Done():
			return nil
		case <-pace.C:
		}
	}
}

// keeps asks until ctx ends.
func (b *bench) keeps(ctx context.Context, p *process.Process, slot string) (most slack, err error) {
	whole := context.WithoutCancel(ctx)
	var began string
	if err := b.conn.QueryRow(whole, "SELECT pg_current_wal_lsn()::text").Scan(&began); err != nil {
		return most, err //nolint:wrapcheck // a bench
	}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return most, p.Alive()
		case <-second.C:
		}
		var now slack
		if err := b.conn.QueryRow(whole, `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint,
			pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint, pg_wal_lsn_diff(pg_current_wal_lsn(), $2::text::pg_lsn)::bigint
			FROM pg_replication_slots WHERE slot_name = $1`, slot, began).Scan(&now.lag, &now.kept, &now.churned); err != nil {
			return most, err //nolint:wrapcheck // a bench
		}
		most = slack{max(most.lag, now.lag), max(most.kept, now.kept), now.churned}
	}
}
