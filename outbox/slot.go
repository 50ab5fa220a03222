package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrSlot is found in the error of a replication slot that cannot be used. It comes with what to do.
var ErrSlot = errors.New("outbox: replication slot")

// slotState is what PostgreSQL says of a slot, as far as its version knows.
type slotState struct {
	Database  string  `json:"database"`
	Plugin    string  `json:"plugin"`
	Status    string  `json:"wal_status"`
	Reason    *string `json:"invalidation_reason"` // PostgreSQL 17
	Failover  *bool   `json:"failover"`            // PostgreSQL 17
	Confirmed *LSN    `json:"confirmed_flush_lsn"`
	Kept      *int64  `json:"kept"`
	Here      bool    `json:"here"`
	found     bool
}

// querier is a *pgx.Conn or a pgx.Tx.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readSlot(ctx context.Context, conn querier, slot string) (state slotState, err error) {
	var row []byte
	err = conn.QueryRow(ctx, `SELECT to_jsonb(s) || jsonb_build_object('here', database = current_database(),
		'kept', CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint END)
		FROM pg_replication_slots s WHERE slot_name = $1`, slot).Scan(&row)
	if errors.Is(err, pgx.ErrNoRows) {
		return state, nil
	}
	if err == nil {
		err = json.Unmarshal(row, &state)
	}
	if err != nil {
		return state, fmt.Errorf("read the slot: %w", explain(err))
	}
	state.found = true
	return state, nil
}

// confirmed is where the slot goes on.
func (state slotState) confirmed() LSN {
	if state.Confirmed == nil {
		return 0
	}
	return *state.Confirmed
}

// usable says why a slot that is there is not one for this relay, or nil.
func (state slotState) usable(slot string) error {
	switch {
	case !state.found:
		return nil
	case state.Plugin != "pgoutput":
		return fmt.Errorf("%w: %s uses the plugin %q, not pgoutput; choose another slot name", ErrSlot, slot, state.Plugin)
	case !state.Here:
		return fmt.Errorf("%w: %s belongs to the database %q, and the server has one name for all databases; give this "+
			"database a name of its own with outbox.Slot, to Migrate and to NewRelay", ErrSlot, slot, state.Database)
	}
	return nil
}

// gone says why nothing can be read from the slot any more, or nothing.
func (state slotState) gone() string {
	switch {
	case !state.found:
		return "the slot is gone: somebody dropped it, or the server took over from one whose slots were not synchronised (outbox.Failover)"
	case state.Status != "lost":
		return ""
	case state.Reason != nil:
		return "the server invalidated the slot: " + *state.Reason
	}
	return "the server invalidated the slot: it removed log that was not read (max_slot_wal_keep_size)"
}

// checkServer says what keeps the server from replicating the publication, or nil.
func checkServer(ctx context.Context, conn querier, publication string) error {
	var level string
	var version int
	var recovering bool
	var inserts *bool
	err := conn.QueryRow(ctx, `SELECT current_setting('wal_level'), current_setting('server_version_num')::int, pg_is_in_recovery(),
		(SELECT pubinsert FROM pg_publication WHERE pubname = $1)`, publication).Scan(&level, &version, &recovering, &inserts)
	switch {
	case err != nil:
		return fmt.Errorf("read the server's settings: %w", explain(err))
	case version < oldestServer:
		return fmt.Errorf("%w: the server is older than PostgreSQL 14; upgrade it", ErrSlot)
	case recovering:
		return errRecovering
	case level != "logical":
		return fmt.Errorf("%w: wal_level is %s; run ALTER SYSTEM SET wal_level = logical and restart PostgreSQL", ErrSlot, level)
	case inserts == nil:
		return fmt.Errorf("%w: publication %s is missing; run outbox.Migrate, or millrace relay --migrate", ErrSlot, publication)
	case !*inserts:
		return fmt.Errorf("%w: publication %s leaves inserts out, which the events are; run ALTER PUBLICATION %s SET (publish = 'insert')",
			ErrSlot, publication, publication)
	}
	return nil
}

const oldestServer = 140_000

// errRecovering passes when the standby is promoted or the address leads to the primary again.
var errRecovering = errors.New("the server is a standby; the address must lead to the primary")
