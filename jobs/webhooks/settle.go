package webhooks

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/millrace/millrace/partitions"
)

// settle stores what has come of an attempt, and reads what is to be tried next.
func (n *node) settle(tx *partitions.Tx, job *attempting) error {
	key := job.line.key
	row, found := n.endpoints.Get(tx, key)
	state, _ := n.states.Get(tx, key)
	q, waits := n.queue.Get(tx, job.waiting.row)
	if err := tx.Err(); err != nil {
		return err
	}
	if found && waits && q.Tries == job.Tries {
		s := &settling{Tx: tx, node: n, key: key, row: &row, state: &state, queued: q, attempting: job}
		if err := s.settle(); err != nil {
			return err
		}
	}
	var got loaded
	if found && row.Enabled {
		got = n.load(tx, key, row, job.waiting.row)
	}
	n.committed(tx, func(d *desk, a *begun) {
		l := job.line
		l.running--
		n.release(l, job.waiting.row)
		if found {
			n.update(d, key, row, state, got, a)
		}
	})
	return tx.Err()
}

// settling is the transaction that an attempt comes to.
type settling struct {
	*partitions.Tx
	*attempting

	node   *node
	key    string
	row    *endpointRow
	state  *stateRow
	queued queuedRow
}

const secretWait = time.Minute

func (s *settling) settle() error {
	n, q := s.node, s.queued
	told := Attempt{
		Event: q.Event, Type: q.Type, Number: q.Tries + 1, At: s.at, Took: s.took, Status: s.status, Failed: s.failed, Excerpt: s.excerpt,
	}
	n.queue.Delete(s.Tx, s.waiting.row)
	var err error
	switch {
	case s.delivered():
		told.Outcome = OutcomeDelivered
		s.state.succeed(s.Now())
		err = n.finish(s.Tx, s.key, s.state, q, OutcomeDelivered)
	case s.failed == failedSecret: // no fault of the endpoint's
		told.Outcome, told.Next = OutcomeFailed, s.Now().Add(secretWait)
		s.state.HeldUntil = told.Next
		q.Due = told.Next
		n.queue.Put(s.Tx, queueKey(s.key, s.row.Ordered, q), q)
	default:
		err = s.fail(&told, q)
	}
	n.log(s.Tx, s.key, s.state, told)
	n.states.Put(s.Tx, s.key, *s.state)
	return errors.Join(err, tell(s.Tx, s.row.Tenant, n.attempted.New(Attempted{Tenant: s.row.Tenant, Endpoint: s.row.ID, Attempt: told})))
}

// fail counts a failure against the endpoint, and says when the delivery is tried again, if it is.
func (s *settling) fail(told *Attempt, q queuedRow) error {
	n := s.node
	err := s.blame()
	q.Tries++
	if q.Tries > len(n.schedule) {
		told.Outcome = OutcomeDead
		return errors.Join(err, n.die(s.Tx, s.key, s.state, q, "all attempts have failed", s.answer))
	}
	q.Due = s.Now().Add(n.delay(q.Tries, retryAfter(s.retryAfter, s.Now())))
	told.Outcome, told.Next = OutcomeFailed, q.Due
	n.queue.Put(s.Tx, queueKey(s.key, s.row.Ordered, q), q)
	return err
}

const (
	maxTrips = 4 // of the breaker, until its time grows no more
	// maxRetryAfter is how far a receiver may put an attempt off.
	maxRetryAfter = day
	// maxThrottle is for how long a receiver may have no attempts at all.
	maxThrottle = time.Hour
)

// blame notes a failure of the endpoint: it may get no attempts for a while, or be disabled.
func (s *settling) blame() error {
	n, now, state := s.node, s.Now(), s.state
	state.Failures++
	state.LastFailure = now
	if state.FailingSince.IsZero() {
		state.FailingSince = now
	}
	hold := func(d time.Duration) {
		if until := now.Add(d); until.After(state.HeldUntil) {
			state.HeldUntil = until
		}
	}
	switch s.status {
	case http.StatusGone:
		return s.disable("it answered 410 Gone")
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		hold(min(retryAfter(s.retryAfter, now), maxThrottle))
	}
	if now.Sub(state.FailingSince) >= n.giveUp {
		return s.disable(fmt.Sprintf("nothing was delivered for %s", n.giveUp))
	}
	if state.Failures < n.breaker || state.HeldUntil.After(now) && state.Trips > 0 {
		return nil
	}
	hold(n.cooldown << min(state.Trips, maxTrips))
	state.Trips++
	if state.Trips > 1 {
		return nil
	}
	return n.notice(s.Tx, Notice{
		Kind: NoticeFailing, Tenant: s.row.Tenant, Endpoint: s.row.ID, Reason: fmt.Sprintf("%d attempts in a row have failed", state.Failures),
	})
}

// disable ends all attempts until somebody enables the endpoint, and tells its tenant's shard.
func (s *settling) disable(reason string) error {
	n, tenant := s.node, s.row.Tenant
	if !s.row.Enabled {
		return nil
	}
	s.row.Enabled, s.row.Disabled = false, reason
	n.endpoints.Put(s.Tx, s.key, *s.row)
	n.countDisabled(s.Tx)
	id := s.row.ID
	s.Committed(func(partitions.Beside) { // it may be decided again
		n.logger().Warn("webhooks: an endpoint is disabled", "hooks", n.name, "endpoint", id, "tenant", tenant, "reason", reason)
	})
	return errors.Join(
		n.notice(s.Tx, Notice{Kind: NoticeDisabled, Tenant: tenant, Endpoint: s.row.ID, Reason: reason}),
		emit(s.Tx, tenant, n.off.New(off{Tenant: tenant, ID: s.row.ID, Version: s.row.Version, Reason: reason})),
	)
}

func (s *stateRow) succeed(now time.Time) {
	s.Failures, s.Trips, s.FailingSince, s.HeldUntil, s.LastSuccess = 0, 0, time.Time{}, time.Time{}, now
}

// delay is how long to wait after so many attempts: as scheduled, with jitter, or as long as the receiver wants if that is longer.
func (c *config) delay(tries int, wanted time.Duration) time.Duration {
	d := c.schedule[tries-1]
	d += time.Duration((rand.Float64()*2 - 1) * c.jitter * float64(d)) //nolint:gosec // it spreads attempts and hides nothing
	return max(d, min(wanted, maxRetryAfter))
}
