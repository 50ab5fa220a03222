package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/observe"
)

// RowQuerier is a connection to PostgreSQL, or a pool of them: [pgx.Conn] and [github.com/jackc/pgx/v5/pgxpool.Pool] are.
type RowQuerier interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

var errReadOnly = errors.New("the server takes no writes: it is a standby, or read-only")

// Reachable is the health check "postgres": it fails while the server does not answer, the pool has no connection free in time, or
// nothing can be written, as on a standby. It is asked for the start: later the server's outage is all processes' alike, and where one
// has too much to do, the others would be next.
func Reachable(pool RowQuerier) observe.Check {
	return observe.Check{Name: "postgres", Criticality: observe.Startup, Ask: func(ctx context.Context) error {
		var readOnly bool
		err := pool.QueryRow(ctx, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool").Scan(&readOnly)
		if err == nil && readOnly {
			err = errReadOnly
		}
		return err
	}}
}

// Check is the health check "relay": it fails while the relay of this process reports trouble. One that stands by for
// another process's is well.
func (r *Relay) Check() observe.Check {
	return observe.Check{Name: "relay", Ask: func(context.Context) error { return r.Status().Err }}
}

// Lagging is the health check "relay lag": it fails while the oldest event that is not published waits for longer than age, or more
// than so many bytes of log are behind, in the process that relays. It is advisory: the events are safe, and come.
func (r *Relay) Lagging(age time.Duration, bytes int64) observe.Check {
	return observe.Check{Name: "relay lag", Criticality: observe.Advisory, Ask: func(context.Context) error {
		s := r.Status()
		switch {
		case s.Behind > age:
			return fmt.Errorf("the oldest event waits for %s, longer than %s", s.Behind.Round(time.Millisecond), age)
		case s.Lag > bytes:
			return fmt.Errorf("%d MB of log are behind, more than %d MB", s.Lag>>20, bytes>>20)
		}
		return nil
	}}
}
