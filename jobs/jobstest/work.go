package jobstest

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

// Option says which attempt it is that [Work] makes.
type Option interface{ applyTrial(*trial) }

type option func(*trial)

func (f option) applyTrial(t *trial) { f(t) }

type trial struct {
	jobs.Trial

	err error
}

// Work calls the handler of a kind once, for an attempt at a job that is in no queue, and says what would become of it. It takes as long as the
// handler does: inside of [testing/synctest] that is virtual time. A kind that is defined wrongly, or an input that cannot be encoded, fails the
// test.
func Work[In, Out any](t testing.TB, kind *jobs.Kind[In, Out], in In, opts ...Option) jobs.Tried[Out] {
	t.Helper()
	of := trial{Trial: jobs.Trial{Log: slog.New(slog.NewTextHandler(t.Output(), nil))}}
	for _, opt := range opts {
		opt.applyTrial(&of)
	}
	if of.err != nil {
		t.Fatalf("jobstest: %v", of.err)
	}
	tried, err := kind.Try(in, of.Trial)
	if err != nil {
		t.Fatalf("jobstest: %v", err)
	}
	return tried
}

// ID names the job, which is "test" otherwise.
func ID(id string) Option { return option(func(t *trial) { t.ID = id }) }

// Tenant is whose job it is, nobody's otherwise.
func Tenant(of request.Tenant) Option { return option(func(t *trial) { t.Tenant = of }) }

// Attempt is which of the job's attempts it is, the first one otherwise.
func Attempt(n int) Option { return option(func(t *trial) { t.Attempt = n }) }

// Previous is what the attempt before said last of how far it was.
func Previous(p jobs.Progress) Option { return option(func(t *trial) { t.Trial.Previous = p }) }

// Given is what the handler of the job before has returned: see [jobs.Given].
func Given[T any](value T) Option {
	return option(func(t *trial) { t.Trial.Given, t.err = json.Marshal(value) })
}

// Ends ends the attempt's context after a while, with the cause [jobs.ErrCancelled], [jobs.ErrShutdown] or [jobs.ErrMoved].
func Ends(after time.Duration, cause error) Option {
	return option(func(t *trial) { t.After, t.Cause = after, cause })
}
