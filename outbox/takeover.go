package outbox

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// nameLimit is how much PostgreSQL keeps of an application's name.
const nameLimit = 63

const nameOfRelays = "millrace-relay"

// application is the name of a relay's connections: which group's it is, and under what fencing token. A relay that
// follows ends the replication of one that stands still, and never that of anything else.
func (c claim) application() string {
	name := nameOfRelays + " " + strconv.FormatInt(c.token, 10) + " " + c.group
	return name[:min(len(name), nameLimit)]
}

// older says whether the name is that of a relay of the same group with the same token or a smaller one.
func (c claim) older(name string) bool {
	fields := strings.SplitN(name, " ", 3) //nolint:mnd // as application writes them
	if len(fields) != 3 || fields[0] != nameOfRelays {
		return false
	}
	token, err := strconv.ParseInt(fields[1], 10, 64)
	return err == nil && token <= c.token && claim{group: c.group, token: token}.application() == name
}

// errBusy: another reader has the slot.
var errBusy = errors.New("the slot is in use")

// evict ends the replication of an older relay that has the slot, and says who has it otherwise.
func (l *logFeed) evict(ctx context.Context) error {
	var pid int32
	var name string
	err := l.conn.QueryRow(ctx, `SELECT s.active_pid, coalesce(a.application_name, '') FROM pg_replication_slots s
		LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid WHERE s.slot_name = $1 AND s.active_pid IS NOT NULL`, l.relay.slot).Scan(&pid, &name)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("ask who reads the slot: %w", explain(err))
	case !l.by.older(name):
		return fmt.Errorf("%w by %q, process %d", errBusy, name, pid)
	}
	l.relay.logger.WarnContext(ctx, "an older relay still held the slot; its connection was ended", "slot", l.relay.slot, "name", name)
	if _, err := l.conn.Exec(ctx, `SELECT pg_terminate_backend(s.active_pid, 5000) FROM pg_replication_slots s
		JOIN pg_stat_activity a ON a.pid = s.active_pid WHERE s.slot_name = $1 AND a.application_name = $2`, l.relay.slot, name); err != nil {
		return fmt.Errorf("end the connection of an older relay: %w", explain(err))
	}
	return nil
}
