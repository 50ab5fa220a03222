package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrSlot is found in the error of a replication slot that cannot be used. It comes with what to do.
var ErrSlot = errors.New("outbox: replication slot")

// slotState is what PostgreSQL says of a slot.
type slotState struct {
	found     bool
	here      bool
	database  string
	plugin    string
	status    string
	confirmed LSN
}

// querier is a *pgx.Conn or a pgx.Tx.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readSlot(ctx context.Context, conn querier, slot string) (slotState, error) {
	var state slotState
	var confirmed string
	err := conn.QueryRow(ctx, `SELECT coalesce(database = current_database(), false), coalesce(database, ''),
		coalesce(plugin, ''), coalesce(wal_status, ''), coalesce(confirmed_flush_lsn, '0/0')::text
		FROM pg_replication_slots WHERE slot_name = $1`, slot).
		Scan(&state.here, &state.database, &state.plugin, &state.status, &confirmed)
	if errors.Is(err, pgx.ErrNoRows) {
		return state, nil
	}
	if err != nil {
		return state, fmt.Errorf("read the slot: %w", err)
	}
	state.found = true
	state.confirmed, err = ParseLSN(confirmed)
	return state, err
}

// checkServer says what keeps the server from replicating the publication, or nil.
func checkServer(ctx context.Context, conn querier, publication string) error {
	var level string
	var recovering, published bool
	err := conn.QueryRow(ctx, `SELECT current_setting('wal_level'), pg_is_in_recovery(),
		EXISTS (SELECT FROM pg_publication WHERE pubname = $1)`, publication).Scan(&level, &recovering, &published)
	switch {
	case err != nil:
		return fmt.Errorf("read the server's settings: %w", err)
	case recovering:
		return errRecovering
	case level != "logical":
		return fmt.Errorf("%w: wal_level is %s; run ALTER SYSTEM SET wal_level = logical and restart PostgreSQL", ErrSlot, level)
	case !published:
		return fmt.Errorf("%w: publication %s is missing; run outbox.Migrate", ErrSlot, publication)
	}
	return nil
}

// errRecovering passes when the standby is promoted or the address leads to the primary again.
var errRecovering = errors.New("the server is a standby; the address must lead to the primary")

// ensureSlot creates the slot, or checks that the one that is there can be used.
func ensureSlot(ctx context.Context, conn querier, slot, publication string) (created bool, err error) {
	if err := checkServer(ctx, conn, publication); err != nil {
		return false, err
	}
	state, err := readSlot(ctx, conn, slot)
	if err != nil || state.found {
		return false, errors.Join(err, state.usable(slot))
	}
	if _, err := conn.Exec(ctx, "SELECT pg_create_logical_replication_slot($1, 'pgoutput')", slot); err != nil {
		return false, fmt.Errorf("create slot %s: %w", slot, explain(err))
	}
	return true, nil
}

// usable says why a slot that is there cannot be used, or nil.
func (state slotState) usable(slot string) error {
	switch {
	case !state.found:
		return nil
	case state.plugin != "pgoutput":
		return fmt.Errorf("%w: %s uses the plugin %q, not pgoutput; choose another slot name", ErrSlot, slot, state.plugin)
	case !state.here:
		return fmt.Errorf("%w: %s belongs to the database %q, and the server has one name for all databases; give this "+
			"database a name of its own with outbox.Slot, to Migrate and to NewRelay", ErrSlot, slot, state.database)
	case state.status == "lost":
		return fmt.Errorf("%w: %s was invalidated, so rows may have been lost: PostgreSQL removed log that was not yet "+
			"read (max_slot_wal_keep_size). Find what is missing, then drop the slot with pg_drop_replication_slot('%s') "+
			"and start again", ErrSlot, slot, slot)
	}
	return nil
}
