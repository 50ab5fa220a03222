package jobs

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// Then enqueues jobs in the transaction in which this one is done: each once, and none where it dies or is cancelled. They may be of any kind and
// queue, have their own Then, and read what this one's handler has returned by [Given]. What [After] says of them counts from when
// they are enqueued. A job that is dead keeps what comes after it, which goes on once it is redriven and done. All that comes after
// a job has 192 KiB at most.
func Then(jobs ...Job) JobOption {
	return jobOption(func(w *wish) {
		links, err := linked(jobs)
		if w.then = append(w.then, links...); err != nil {
			w.errs = append(w.errs, err)
		}
		w.require(len(w.then) <= maxThen, "what comes after it has %d bytes of at most %d", len(w.then), maxThen)
	})
}

// Then enqueues jobs as the option [Then] does, beside those that the job was enqueued with: in the transaction in which this attempt ends as done,
// and not at all where it does not. Where the job is a member of a [Batch], so are they.
func (a *Attempt) Then(jobs ...Job) error {
	links, err := linked(jobs)
	if err != nil {
		return err
	}
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	if size := len(a.of.then) + len(a.of.row.then) + len(links); size > maxThen {
		return resilience.Permanent(fmt.Errorf("%w: what comes after it has %d bytes of at most %d", ErrJob, size, maxThen))
	}
	a.of.then = append(a.of.then, links...)
	return nil
}

// Given is what the handler of the job before this one has returned, where this one was enqueued by its [Then]. It is the zero value where
// there was none, or it has returned [None].
func Given[T any](a *Attempt) (T, error) {
	var given T
	if len(a.of.row.given) == 0 {
		return given, nil
	}
	if err := json.Unmarshal(a.of.row.given, &given); err != nil {
		return given, resilience.Permanent(fmt.Errorf("%w: what the job before it has returned is no %T: %w", ErrJob, given, err))
	}
	return given, nil
}

// follows is what is enqueued once the attempt is done.
func (a *attempt) follows() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.then) == 0 {
		return a.row.then
	}
	return slices.Concat(a.row.then, a.then)
}

// follow enqueues what comes after a job that is done, and tells its batch of any that has ended.
func (n *Runner) follow(tx *partitions.Tx, r *row) error {
	if r.state != Done || len(r.then) == 0 {
		return n.report(tx, r, nil)
	}
	links, err := readLinks(r.then)
	if err != nil {
		return err
	}
	var next []string
	for _, l := range links {
		if r.batch != "" && !r.counted && l.joins() {
			l.Headers = append(l.Headers, bus.Header{Key: headerBatch, Value: []byte(r.batch)})
			next = append(next, l.queue()+"/"+l.ID())
		}
		l.follows(r, tx.Now())
		tx.Emit(l.Message())
	}
	r.then = nil
	if err := n.report(tx, r, next); err != nil {
		return err
	}
	return tx.Err()
}
