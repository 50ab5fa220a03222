package inspect

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/internal/pgaddress"
	"github.com/millrace/millrace/outbox"
)

// Slot is what PostgreSQL tells of a logical replication slot of the database.
type Slot struct {
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

// Database is what PostgreSQL tells of itself for the outbox.
type Database struct {
	System  string // the cluster's identifier
	Version int
	Slots   []Slot
}

// slotsQuery reads columns that older versions do not have as null, by way of JSON.
const slotsQuery = `SELECT s.slot_name::text, s.plugin::text, s.active, coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''),
	coalesce(s.wal_status, ''), coalesce(to_jsonb(s) ->> 'invalidation_reason', ''), coalesce(s.confirmed_flush_lsn, '0/0')::text,
	coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn), 0)::bigint,
	coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint, coalesce(s.safe_wal_size, -1),
	coalesce(extract(epoch FROM now() - (to_jsonb(s) ->> 'inactive_since')::timestamptz), 0)::float8
	FROM pg_replication_slots s LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid
	WHERE s.slot_type = 'logical' AND s.database = current_database() ORDER BY s.slot_name`

// askLimit is how long PostgreSQL may take to tell of itself.
const askLimit = 10 * time.Second

// ReadDatabase asks a database for its slots. at is its address.
func ReadDatabase(ctx context.Context, at string) (*Database, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	conn, err := pgaddress.Connect(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	d := &Database{}
	err = conn.QueryRow(ctx, `SELECT system_identifier::text, current_setting('server_version_num')::int FROM pg_control_system()`).
		Scan(&d.System, &d.Version)
	if err == nil {
		d.Slots, err = ReadSlots(ctx, conn)
	}
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return d, nil
}

// ReadSlots reads the logical replication slots of the database that a connection is to.
func ReadSlots(ctx context.Context, conn *pgx.Conn) ([]Slot, error) {
	rows, err := conn.Query(ctx, slotsQuery)
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by those who ask
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Slot, err error) { //nolint:wrapcheck // wrapped by those who ask
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
func (d *Database) of(name string) *Slot {
	for i := range d.Slots {
		if d.Slots[i].Name == name {
			return &d.Slots[i]
		}
	}
	return nil
}
