package jobs

import (
	"errors"
	"time"

	"github.com/millrace/millrace/resilience"
)

// outcome is what has come of an attempt.
type outcome struct {
	state   State // that the job is in now
	due     int64 // of one that is scheduled or retrying
	uncount bool  // the attempt does not count
	reason  string
	result  []byte
	tried   int // how often its writing has failed
}

// judge says what comes of an attempt that has ended.
func (a *attempt) judge(out []byte, err error, now time.Time) outcome {
	snoozed, snoozes := errors.AsType[*snoozeError](err)
	switch {
	case err == nil:
		return outcome{state: Done, result: out}
	case errors.Is(a.cause, ErrShutdown), errors.Is(a.cause, ErrMoved):
		return outcome{state: Waiting, uncount: true}
	case snoozes:
		return outcome{state: Scheduled, due: unixNano(now.Add(snoozed.after)), uncount: true}
	}
	if a.cause != nil && !resilience.Stated(err) {
		err = a.cause
	}
	reason, policy := clip(err.Error()), &a.kind.retry
	if resilience.Stated(err) && resilience.ClassOf(err) == resilience.ClassPermanent {
		return outcome{state: Dead, reason: reason}
	}
	delay := policy.Delay(int(a.row.attempts))            //nolint:gosec // few
	spent := a.row.attempts >= uint64(policy.Attempts) || //nolint:gosec // positive
		policy.Elapsed > 0 && now.Add(delay).Sub(at(a.row.created)) > policy.Elapsed
	if spent {
		return outcome{state: Dead, reason: reason}
	}
	return outcome{state: Retrying, due: unixNano(now.Add(delay)), reason: reason}
}
