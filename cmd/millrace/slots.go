package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/outbox"
)

// slot is what PostgreSQL tells of a logical replication slot of the database.
type slot struct {
	Name      string
	Plugin    string
	Active    bool
	Reader    string // the application's name, where it may be seen
	Client    string
	Status    string // wal_status
	Reason    string // why it was invalidated, from PostgreSQL 17 on
	Confirmed outbox.LSN
	Lag       int64 // bytes of log behind the confirmed position
	Kept      int64 // bytes of log that are kept for it
	Room      int64 // bytes until it is lost, -1 for no bound
	Unread    time.Duration
}

// database is what PostgreSQL tells of itself for the outbox.
type database struct {
	System  string // the cluster's identifier
	Version int
	Slots   []slot
}

// slotsQuery reads columns that older versions do not have as null, by way of JSON.
const slotsQuery = `SELECT s.slot_name::text, s.plugin::text, s.active, coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''),
	coalesce(s.wal_status, ''), coalesce(to_jsonb(s) ->> 'invalidation_reason', ''), coalesce(s.confirmed_flush_lsn, '0/0')::text,
	coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn), 0)::bigint,
	coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint, coalesce(s.safe_wal_size, -1),
	coalesce(extract(epoch FROM now() - (to_jsonb(s) ->> 'inactive_since')::timestamptz), 0)::float8
	FROM pg_replication_slots s LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid
	WHERE s.slot_type = 'logical' AND s.database = current_database() ORDER BY s.slot_name`

func readDatabase(ctx context.Context, at string) (*database, error) {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	d := &database{}
	err = conn.QueryRow(ctx, `SELECT system_identifier::text, current_setting('server_version_num')::int FROM pg_control_system()`).
		Scan(&d.System, &d.Version)
	if err == nil {
		d.Slots, err = readSlots(ctx, conn)
	}
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return d, nil
}

func readSlots(ctx context.Context, conn *pgx.Conn) ([]slot, error) {
	rows, err := conn.Query(ctx, slotsQuery)
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by those who ask
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s slot, err error) { //nolint:wrapcheck // wrapped by those who ask
		var confirmed string
		var unread float64
		err = row.Scan(&s.Name, &s.Plugin, &s.Active, &s.Reader, &s.Client, &s.Status, &s.Reason, &confirmed, &s.Lag, &s.Kept, &s.Room, &unread)
		if err != nil {
			return s, err //nolint:wrapcheck // wrapped by those who ask
		}
		s.Unread = time.Duration(unread * float64(time.Second))
		s.Confirmed, err = outbox.ParseLSN(confirmed)
		return s, err
	})
}

// of finds the slot of a name, or nil.
func (d *database) of(name string) *slot {
	for i := range d.Slots {
		if d.Slots[i].Name == name {
			return &d.Slots[i]
		}
	}
	return nil
}
