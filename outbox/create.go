package outbox

import (
	"context"
	"errors"
	"fmt"
)

// failoverServer is the oldest server that copies slots to its standbys.
const failoverServer = 170_000

// Failover lets the server copy the slot to its standbys, so that a relay goes on where it was when one of them takes
// over. It takes PostgreSQL 17, on the standby sync_replication_slots = on, hot_standby_feedback = on and a dbname in
// primary_conninfo, and on the primary the standby's physical slot in synchronized_standby_slots. An older server is refused.
func Failover() NameOption {
	return nameOption{func(t *table) { t.failover = true }, func(r *Relay) { r.failover = true }}
}

// ensureSlot creates the slot where it is missing, or checks that it is one for a relay. One that was lost is left to the relay.
func ensureSlot(ctx context.Context, conn querier, slot, publication string, failover bool) error {
	if err := checkServer(ctx, conn, publication); err != nil {
		return err
	}
	state, err := readSlot(ctx, conn, slot)
	if err != nil || state.found {
		return errors.Join(err, state.usable(slot))
	}
	return createSlot(ctx, conn, slot, failover)
}

func createSlot(ctx context.Context, conn querier, slot string, failover bool) error {
	create := "SELECT pg_create_logical_replication_slot($1, 'pgoutput')"
	if failover {
		if err := canFailover(ctx, conn); err != nil {
			return err
		}
		create = "SELECT pg_create_logical_replication_slot($1, 'pgoutput', false, false, true)"
	}
	if _, err := conn.Exec(ctx, create, slot); err != nil {
		return fmt.Errorf("create slot %s: %w", slot, explain(err))
	}
	return nil
}

func canFailover(ctx context.Context, conn querier) error {
	var version int
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return fmt.Errorf("read the server's version: %w", explain(err))
	}
	if version < failoverServer {
		return fmt.Errorf("%w: outbox.Failover needs PostgreSQL 17 or later, and the server is %d; leave the option away, "+
			"and plan for a gap when a standby takes over", ErrSlot, version/10_000) //nolint:mnd // as the server counts
	}
	return nil
}
