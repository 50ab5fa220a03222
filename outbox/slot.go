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
	active    bool
	plugin    string
	status    string
	confirmed LSN
	current   LSN
}

// querier is a *pgx.Conn or a pgx.Tx.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readSlot(ctx context.Context, conn querier, slot string) (slotState, error) {
	var state slotState
	var confirmed, current string
	err := conn.QueryRow(ctx, `SELECT active, coalesce(plugin, ''), coalesce(wal_status, ''),
		coalesce(confirmed_flush_lsn, '0/0')::text, pg_current_wal_lsn()::text
		FROM pg_replication_slots WHERE slot_name = $1`, slot).
		Scan(&state.active, &state.plugin, &state.status, &confirmed, &current)
	if errors.Is(err, pgx.ErrNoRows) {
		return state, nil
	}
	if err != nil {
		return state, fmt.Errorf("read the slot: %w", err)
	}
	state.found = true
	var errConfirmed, errCurrent error
	state.confirmed, errConfirmed = ParseLSN(confirmed)
	state.current, errCurrent = ParseLSN(current)
	return state, errors.Join(errConfirmed, errCurrent)
}

// ensureSlot creates the slot, or checks that the one that is there can be used.
func ensureSlot(ctx context.Context, conn querier, slot, publication string) error {
	var level string
	if err := conn.QueryRow(ctx, "SHOW wal_level").Scan(&level); err != nil {
		return fmt.Errorf("read wal_level: %w", err)
	}
	if level != "logical" {
		return fmt.Errorf("%w: wal_level is %s; run ALTER SYSTEM SET wal_level = logical and restart PostgreSQL", ErrSlot, level)
	}
	var published bool
	err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = $1)", publication).Scan(&published)
	if err != nil {
		return fmt.Errorf("read the publication: %w", err)
	}
	if !published {
		return fmt.Errorf("%w: publication %s is missing; run outbox.Migrate", ErrSlot, publication)
	}
	state, err := readSlot(ctx, conn, slot)
	switch {
	case err != nil:
		return err
	case !state.found:
		if _, err := conn.Exec(ctx, "SELECT pg_create_logical_replication_slot($1, 'pgoutput')", slot); err != nil {
			return fmt.Errorf("create slot %s: %w", slot, explain(err))
		}
	case state.plugin != "pgoutput":
		return fmt.Errorf("%w: %s uses the plugin %q, not pgoutput; choose another slot name", ErrSlot, slot, state.plugin)
	case state.status == "lost":
		return fmt.Errorf("%w: %s was invalidated, so rows may have been lost: PostgreSQL removed log that was not yet "+
			"read (max_slot_wal_keep_size). Find what is missing, then drop the slot with pg_drop_replication_slot('%s') "+
			"and start again", ErrSlot, slot, slot)
	}
	return nil
}
