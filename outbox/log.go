package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// logSource reads a replication slot.
type logSource struct{ relay *Relay }

// logFeed is a session of the write-ahead log.
type logFeed struct {
	relay  *Relay
	by     claim
	asking sync.Mutex // of conn
	conn   *pgx.Conn  // for what is asked beside the stream
	stream *stream
	queue  *queue
	server string      // which one it is, and since when it runs
	from   logPosition // what is published already
	anew   bool
	meets  bool          // the last transaction that is published must come again
	holds  atomic.Bool   // the log is read again up to where it was read before
	told   chan struct{} // there is something to report
}

// idlePace keeps the slot within seconds of the log's end while there is nothing to publish.
func idlePace() pace {
	return pace{every: 10 * time.Second, sooner: time.Second, soonest: 200 * time.Millisecond, much: 1 << 20, last: time.Now()}
}

func (s logSource) open(ctx context.Context, from checkpoint, by claim) (_ feed, err error) {
	l := &logFeed{relay: s.relay, by: by, told: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close(ctx))
		}
	}()
	if l.conn, err = connect(ctx, s.relay.database, by.application()); err != nil {
		return nil, err
	}
	if l.stream, err = openStream(ctx, &s.relay.database.Config, by.application()); err != nil {
		return nil, err
	}
	if err = l.oneServer(ctx); err != nil {
		return nil, err
	}
	server, err := l.stream.identify(ctx)
	if err != nil {
		return nil, err
	}
	if l.from, err = l.resume(ctx, from.Log, server); err != nil {
		return nil, err
	}
	l.anew = l.from != from.Log
	l.queue = newQueue(l.from, idlePace())
	return l, l.start(ctx)
}

// start begins replication, and takes the slot from an older relay that still holds it.
func (l *logFeed) start(ctx context.Context) error {
	if l.relay.failover {
		if err := l.synchronise(ctx); err != nil {
			return err
		}
	}
	err := l.stream.start(ctx, l.relay.slot, l.relay.publication)
	if hasCode(err, codeObjectInUse) {
		if err = l.evict(ctx); err == nil {
			err = l.stream.start(ctx, l.relay.slot, l.relay.publication)
		}
	}
	if err != nil {
		return explain(err)
	}
	return l.unmoved(ctx)
}

// unmoved checks that nobody read from the slot between the look at it and the start. Nobody else can from now on.
func (l *logFeed) unmoved(ctx context.Context) error {
	state, err := readSlot(ctx, l.conn, l.relay.slot)
	switch {
	case err != nil:
		return err
	case state.confirmed() > l.from.End:
		return fmt.Errorf("the slot was moved to %s meanwhile", state.confirmed())
	}
	l.stream.confirm(state.confirmed())
	return nil
}

// oneServer checks that both connections lead to the same server, where an address has several.
func (l *logFeed) oneServer(ctx context.Context) error {
	const began = "SELECT extract(epoch FROM pg_postmaster_start_time())::text"
	var asked string
	if err := l.conn.QueryRow(ctx, began).Scan(&asked); err != nil {
		return fmt.Errorf("ask which server it is: %w", explain(err))
	}
	row, err := l.stream.row(ctx, began)
	if err != nil {
		return fmt.Errorf("ask which server it is: %w", explain(err))
	}
	if string(row[0]) != asked {
		return errors.New("the relay's two connections lead to two servers")
	}
	l.server = asked
	return nil
}

// synchronise makes a slot that is there already one that the server copies to its standbys.
func (l *logFeed) synchronise(ctx context.Context) error {
	if err := canFailover(ctx, l.conn); err != nil {
		return err
	}
	state, err := readSlot(ctx, l.conn, l.relay.slot)
	if err != nil || state.Failover != nil && *state.Failover {
		return err
	}
	if err := l.evict(ctx); err != nil {
		return err
	}
	if _, err := l.stream.conn.Exec(ctx, fmt.Sprintf(`ALTER_REPLICATION_SLOT "%s" ( FAILOVER true )`, l.relay.slot)).ReadAll(); err != nil {
		return fmt.Errorf("let the server synchronise the slot: %w", explain(err))
	}
	return nil
}

func (l *logFeed) begins() (checkpoint, bool) { return checkpoint{Log: l.from}, l.anew }

func (l *logFeed) next(ctx context.Context) (batch, error) { return l.queue.take(ctx) }

// committed lets the server forget what is published, and nothing beyond the checkpoint: a slot that is further on was
// read by somebody else. Nor anything before it is known that the log is the one that was read before.
func (l *logFeed) committed(_ context.Context, at checkpoint) error {
	if l.holds.Load() {
		return nil
	}
	l.stream.confirm(at.Log.End)
	l.relay.note(func(s *Status) { s.Confirmed = at.Log.End })
	signal(l.told)
	return nil
}

// run reads, routes and reports until ctx ends.
func (l *logFeed) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(ctx, l.stream.interrupt)
	defer stop()
	group.Go(func() error { return (&reader{feed: l}).run(ctx) })
	group.Go(func() error { return l.report(ctx) })
	group.Go(func() error { return l.watch(ctx) })
	return group.Wait() //nolint:wrapcheck // each says what failed
}

func (l *logFeed) close(ctx context.Context) error {
	var errs []error
	if l.stream != nil {
		if l.stream.copying && !l.stream.conn.IsClosed() {
			errs = append(errs, l.stream.report())
		}
		errs = append(errs, l.stream.close(ctx))
	}
	if l.conn != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
		defer cancel()
		errs = append(errs, l.conn.Close(closing))
	}
	return errors.Join(errs...)
}
