package soak_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// A chore is the job that every worker does beside the rest: what comes of each of its calls, and when, follows from its number.
type chore struct {
	N   uint64    `json:"n"`
	Due time.Time `json:"due,omitzero"`
}

const (
	choreQueue                = group + "-chores"
	choreEvents     bus.Topic = choreQueue + ".jobs"
	choreTold       bus.Topic = choreQueue + ".told"
	choreKind                 = "chore"
	receiptKind               = "receipt"
	beatKind                  = "beat"
	choreAttempts             = 4
	choreTimeout              = 3 * time.Second
	choreTakes                = 1500 * time.Millisecond
	choreSnooze               = 500 * time.Millisecond
	receiptOf                 = "receipt-" // and the id of the chore that it comes after
	receiptEvery              = 4
	beatEvery                 = time.Second
	choreWorkers              = 20
	choreGrace                = 3 * time.Second
	choresAreKept             = 10 * time.Minute
	choreFirstRetry           = 300 * time.Millisecond
	choreLastRetry            = 3 * time.Second
)

// fate is what comes of a call.
type fate string

const (
	fateWell    fate = "well"
	fateFails   fate = "fails"
	fateSnoozes fate = "snoozes"
	fateHangs   fate = "hangs" // until its time is over
	fateIsBad   fate = "bad"   // and not to be tried again
	fateIsCut   fate = "cut"   // its context ended
)

// call is how long a call of the chore takes, and what comes of it.
func (c chore) call(number int) (time.Duration, fate) {
	chance := rand.New(rand.NewPCG(c.N, uint64(number)))
	takes := time.Duration(0)
	if chance.IntN(3) > 0 {
		takes = time.Duration(chance.Int64N(int64(choreTakes)))
	}
	switch n := chance.IntN(100); {
	case n < 15:
		return takes, fateFails
	case n < 22:
		return takes, fateSnoozes
	case n < 24:
		return takes, fateHangs
	case n < 26:
		return takes, fateIsBad
	}
	return takes, fateWell
}

// do makes a call, and says what came of it.
func (c chore) do(ctx context.Context, number int) (fate, error) {
	takes, what := c.call(number)
	if what == fateHangs {
		takes = 2 * choreTimeout
	}
	if !rest(ctx, takes) {
		return fateIsCut, context.Cause(ctx)
	}
	switch what {
	case fateFails, fateHangs:
		return what, errors.New("not now")
	case fateSnoozes:
		return what, jobs.Snooze(choreSnooze)
	case fateIsBad:
		return what, jobs.Discard(errBad)
	default:
		return what, nil
	}
}

var errBad = errors.New("it is no good")

// chores are the kinds of a queue.
type chores struct {
	chore   *jobs.Kind[chore, jobs.None]
	receipt *jobs.Kind[chore, jobs.None] // what comes after some chores
	beat    *jobs.Kind[time.Time, jobs.None]
}

// newChores defines the kinds, whose calls are noted.
func newChores(notes *journal) chores {
	where := []jobs.Option{jobs.Queue(choreQueue), jobs.Shards(shards), jobs.Retain(choresAreKept)}
	return chores{
		chore: jobs.Define(choreKind, func(ctx context.Context, a *jobs.Attempt, c chore) (jobs.None, error) {
			return jobs.None{}, notes.call(a, func() (fate, error) { return c.do(ctx, a.Number()) })
		}, append(slices.Clip(where), jobs.Timeout(choreTimeout), jobs.Retry(resilience.RetryPolicy{
			Attempts: choreAttempts, Initial: choreFirstRetry, Max: choreLastRetry, Multiplier: 2, Jitter: 0.5,
		}))...),
		receipt: jobs.Define(receiptKind, func(_ context.Context, a *jobs.Attempt, _ chore) (jobs.None, error) {
			return jobs.None{}, notes.call(a, func() (fate, error) { return fateWell, nil })
		}, where...),
		beat: jobs.Define(beatKind, func(_ context.Context, a *jobs.Attempt, _ time.Time) (jobs.None, error) {
			return jobs.None{}, notes.call(a, func() (fate, error) { return fateWell, nil })
		}, where...),
	}
}

// call notes a call of a handler, and what has come of it.
func (j *journal) call(a *jobs.Attempt, do func() (fate, error)) error {
	n := note{
		At: monotonic(), What: begins, Name: a.ID(), Token: a.Token(), Number: a.Number(), Attempt: a.Attempt(), Wall: time.Now().UnixNano(),
	}
	if err := j.write(n); err != nil {
		return err
	}
	came, err := do()
	wrote := j.write(note{At: monotonic(), What: ends, Name: n.Name, Token: n.Token, Number: n.Number, Text: string(came)})
	return errors.Join(err, wrote)
}

// runner does the chores, and ticks.
func (c chores) runner(b *bus.Bus, where ...partitions.Option) (*jobs.Runner, error) {
	return jobs.New(b, choreQueue, c.chore, c.receipt, c.beat, jobs.Workers(choreWorkers), jobs.Grace(choreGrace), jobs.Tell(),
		jobs.Cron(beatKind, "@every "+beatEvery.String(), c.beat, func(tick time.Time) time.Time { return tick }, jobs.Missed(jobs.AllMissed)),
		jobs.On(append(where, partitions.SessionTimeout(session), partitions.Lanes(2))...))
}

// client may cancel chores, and does none.
func (c chores) client(b *bus.Bus) (*jobs.Runner, error) {
	return jobs.New(b, choreQueue, jobs.Client(), jobs.Tell(), jobs.On(partitions.SessionTimeout(session)))
}
