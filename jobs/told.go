package jobs

import (
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// Told tells of a job that its state is another: with [Tell], in the topic "<queue>.told" under the type "<queue>.told", keyed by the
// job's id, in the order in which it happened. It has nothing of what the job works on.
type Told struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	State State  `json:"state"`
	// Was is the state before, empty for a job that has just come.
	Was State `json:"was,omitempty"`
	// Attempt is the number of the attempt that begins or has ended.
	Attempt int `json:"attempt,omitempty"`
	// Attempts are those that count, until now.
	Attempts int `json:"attempts,omitempty"`
	// Due is when a job that is scheduled or retrying comes.
	Due time.Time `json:"due,omitzero"`
	// Reason is why it has failed, or was cancelled.
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

func toldOf(queue string) bus.Event[Told] {
	return bus.Define(queue+".told", func(t Told) string { return t.ID }, bus.InTopic(bus.Topic(queue+".told")), bus.Aggregate(queue))
}

// Told is the event that tells of the queue's jobs, where it does: see [Tell].
func (n *Runner) Told() bus.Event[Told] { return n.told }

// tell tells of a job that it is in another state than it was.
func (n *Runner) tell(tx *partitions.Tx, r *row, was State) error {
	if !n.tells {
		return nil
	}
	tenant, id := parseKey(r.key)
	t := Told{
		ID: id, Kind: r.kind, State: r.state, Was: was, Attempt: int(r.starts), Attempts: int(r.attempts), //nolint:gosec // few
		Reason: r.reason, At: tx.Now(),
	}
	if r.state == Scheduled || r.state == Retrying {
		t.Due = at(r.due)
	}
	info := request.Info{Tenant: tenant, ID: r.request}
	if !tx.Tell(request.With(tx.Context(), info), n.told.New(t)) {
		untold.Add(tx, 1, kindKey.String(r.kind))
	}
	return tx.Err()
}

// What jobs count. Only what is committed is.
var (
	ends       = partitions.NewCounter("millrace.jobs.attempts", "{attempt}", "Attempts that ended, by kind and outcome: alarm on dead.")
	duplicates = partitions.NewCounter("millrace.jobs.duplicates", "{job}", "Jobs let go since there is one of the same id or unique key.")
	ticks      = partitions.NewCounter("millrace.jobs.ticks", "{tick}", "Ticks of schedules that were given their jobs, by schedule.")
	untold     = partitions.NewCounter("millrace.jobs.untold", "{job}", "Changes that could not be told: alarm on any.")
)

const (
	kindKey     = attribute.Key("millrace.job.kind")
	scheduleKey = attribute.Key("millrace.job.schedule")
	stateKey    = attribute.Key("millrace.job.state")
)
