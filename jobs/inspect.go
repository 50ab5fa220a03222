package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// Description is how a job is. Times are by the clock of the node that had it.
type Description struct {
	ID       string         `json:"id"`
	Tenant   request.Tenant `json:"tenant,omitempty"`
	Kind     string         `json:"kind"`
	State    State          `json:"state"`
	Priority int            `json:"priority"`
	// Attempts are those that count, and Calls all of them.
	Attempts int       `json:"attempts"`
	Calls    int       `json:"calls"`
	Enqueued time.Time `json:"enqueued"`
	// Due is when a job that is scheduled or retrying comes.
	Due time.Time `json:"due,omitzero"`
	// Started is when the last attempt was taken into a node's memory.
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Unique  string    `json:"unique,omitempty"`
	// Reason is why the last attempt has failed, or why the job is dead or cancelled.
	Reason   string   `json:"reason,omitempty"`
	Progress Progress `json:"progress,omitzero"`
	// Input is what it was given, as JSON, as long as it is not done. Output is what its handler has returned.
	Input  json.RawMessage `json:"input,omitempty"`
	Output json.RawMessage `json:"output,omitempty"`
	// Batch is the queue and the id of the batch that it is a member of, with a slash between them.
	Batch string `json:"batch,omitempty"`
	// Members are those of the batch that it completes.
	Members Members `json:"members,omitzero"`
	// Next are the jobs that are enqueued once it is done.
	Next []Link `json:"next,omitempty"`
}

func described(r *row) Description {
	tenant, id := parseKey(r.key)
	d := Description{
		ID: id, Tenant: tenant, Kind: r.kind, State: r.state, Priority: int(r.priority),
		Attempts: int(r.attempts), Calls: int(r.starts), //nolint:gosec // few
		Enqueued: at(r.created), Due: at(r.due), Started: at(r.started), Ended: at(r.changed), Unique: r.unique, Reason: r.reason,
		Progress: r.progress, Output: r.result, Next: r.next(), Batch: r.batch, Members: r.members,
	}
	if json.Valid(r.args) {
		d.Input = r.args
	}
	return d
}

// describe is how a job is, with what its attempt says.
func (n *Runner) describe(tx *partitions.Tx, r *row) Description {
	d, desk := described(r), n.desk(tx)
	n.mu.Lock()
	a := desk.live[r.key]
	n.mu.Unlock()
	if g, gathers := n.batches.Get(tx, r.key); gathers {
		d.Members = g.Members
	}
	if a != nil && r.state == Running {
		if said := a.said(); said != (Progress{}) {
			d.Progress = said
		}
	}
	return d
}

// Inspection is what a queue's changelog has of its jobs.
type Inspection struct {
	Queue string
	// Paused says whether one of its shards is paused.
	Paused bool
	// Jobs are those that were asked for, sorted by tenant, kind and when they were enqueued.
	Jobs []Description
	// Counts are of all jobs, by state, and Kinds by kind and state.
	Counts map[State]int
	Kinds  map[string]map[State]int
	// Schedules are those of [Cron], by name, also such as no node has any more.
	Schedules []Schedule
	// Permits are what attempts that have a [Limit] have and want of it, by tenant and kind.
	Permits []Permits
}

// Inspect reads the jobs of a queue that keep says yes to, or only counts them where it is nil, as far as they are committed. It needs no
// node of the queue and no kinds, and reads all of the queue's changelog. Progress is as it was when the last attempt ended.
//
// keep is called with each state of a job that the changelog has, and again with the last one. What it takes away of Input and Output
// is not there in what is returned; it is not held meanwhile, nor are those of jobs that are not kept.
func Inspect(ctx context.Context, b *bus.Bus, queue string, keep func(*Description) bool) (Inspection, error) {
	in := Inspection{Queue: queue, Counts: make(map[State]int), Kinds: make(map[string]map[State]int)}
	n := &Runner{Control: Control{queue: queue}}
	n.define()
	if keep == nil {
		keep = func(d *Description) bool {
			d.Input, d.Output = nil, nil
			return false
		}
	}
	tables := []*partitions.Table[string, []byte]{n.live, n.held, n.past}
	stored, err := partitions.ReadStored(ctx, b, groupOf(queue), func(r *bus.Record) bool {
		if slices.ContainsFunc(tables, func(t *partitions.Table[string, []byte]) bool { return t.Has(*r) }) {
			_, key, _ := strings.Cut(string(r.Key), "/")
			r.Value = shortened(key, r.Value, keep)
			return true
		}
		return n.said.Has(*r) || n.ticks.Has(*r) || n.batches.Has(*r) || n.claims.Has(*r)
	})
	if err == nil {
		err = in.read(n, stored, tables, keep)
	}
	if err != nil {
		return in, fmt.Errorf("jobs: inspect %s: %w", queue, err)
	}
	return in, nil
}

// shortened is a job's row with what is needed of it: of one that is not kept, which has no time then, what it counts as.
func shortened(key string, value []byte, keep func(*Description) bool) []byte {
	r, err := decode(key, value)
	if err != nil {
		return value // it is met again
	}
	d := described(r)
	if !keep(&d) && r.state != Pending { // of which it is not said yet what has become of its members
		return (&row{kind: r.kind, state: r.state}).encode()
	}
	if r.given, r.then = nil, named(r.then); d.Input == nil {
		r.args = nil
	}
	if d.Output == nil {
		r.result = nil
	}
	return r.encode()
}

// read makes an inspection of what is stored.
func (in *Inspection) read(n *Runner, stored partitions.Stored, tables []*partitions.Table[string, []byte], keep func(*Description) bool) error {
	for _, r := range stored {
		in.Paused = in.Paused || n.said.Has(r) && r.Value != nil
	}
	gathering, err := n.batches.Rows(stored.All())
	if err != nil {
		return err
	}
	for _, table := range tables {
		rows, err := table.Rows(stored.All())
		if err != nil {
			return err
		}
		for key, value := range rows {
			r, err := decode(key, value)
			if err != nil {
				return err
			}
			in.count(r)
			if g, is := gathering[key]; is {
				r.members = g.Members
			}
			if d := described(r); r.created != 0 && keep(&d) {
				in.Jobs = append(in.Jobs, d)
			}
		}
	}
	if in.Permits, err = n.claimed(stored); err != nil {
		return err
	}
	if in.Schedules, err = n.planned(stored); err != nil {
		return err
	}
	slices.SortFunc(in.Jobs, func(a, b Description) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Kind, b.Kind), a.Enqueued.Compare(b.Enqueued), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

func (in *Inspection) count(r *row) {
	in.Counts[r.state]++
	if in.Kinds[r.kind] == nil {
		in.Kinds[r.kind] = make(map[State]int)
	}
	in.Kinds[r.kind][r.state]++
}
