package outbox

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	lowRate = 50 // events a second
	warm    = 20 * time.Second
)

// clock has the times at which rows were committed.
type clock struct {
	mu        sync.Mutex
	committed map[int]time.Time
	took      []time.Duration
	seen      map[int]time.Time // before the commit had returned
}

// pace commits rows one by one at the low rate, and measures from the commit's return to the consumer. A row that
// arrives before its commit has returned took no time.
func (b *bench) pace(ctx context.Context, r *reader, from, rows int) ([]time.Duration, error) {
	c := &clock{committed: map[int]time.Time{}, seen: map[int]time.Time{}}
	ctx, stop := context.WithCancel(ctx)
	var writing errgroup.Group
	writing.Go(func() error { return b.write(ctx, c, from, rows) })
	defer func() { stop(); _ = writing.Wait() }()
	for r.count < from+rows {
		if err := r.take(ctx, stall, func(value []byte) { c.arrived(value, time.Now()) }); err != nil {
			return nil, err
		}
	}
	return c.took, writing.Wait() //nolint:wrapcheck // a bench
}

// warmUp is how many events come before those that are measured: a broker that has just started compiles the way of small
// transactions meanwhile.
func (b *bench) warmUp() int {
	if b.quick {
		return 2 * lowRate
	}
	return int(warm.Seconds()) * lowRate
}

func (b *bench) write(ctx context.Context, c *clock, from, rows int) error {
	ticker := time.NewTicker(time.Second / lowRate)
	defer ticker.Stop()
	insert := fmt.Sprintf(`INSERT INTO %s VALUES (gen_random_uuid(), 'thing', ($1::bigint %% %d)::text, 'Made',
		jsonb_build_object('id', $1::bigint, 'pad', repeat('x', %d)))`, b.name, keys, padding)
	for n := from; n < from+rows; n++ {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
		if _, err := b.conn.Exec(ctx, insert, n); err != nil {
			return err //nolint:wrapcheck // a bench
		}
		c.wrote(n, time.Now(), n < from+b.warmUp())
	}
	return nil
}

func (c *clock) wrote(n int, at time.Time, warm bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch _, early := c.seen[n]; {
	case warm:
	case early:
		c.took = append(c.took, 0)
	default:
		c.committed[n] = at
	}
}

func (c *clock) arrived(value []byte, at time.Time) {
	text, _, _ := bytes.Cut(bytes.TrimPrefix(value, []byte(`{"id": `)), []byte(","))
	n, _ := strconv.Atoi(string(text)) // the tally has read it
	c.mu.Lock()
	defer c.mu.Unlock()
	if committed, ok := c.committed[n]; ok {
		c.took = append(c.took, at.Sub(committed))
		return
	}
	c.seen[n] = at
}
