package sagas

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// answers lets all who wait in a process for the result of one saga wait for one answer. One of them asks, in its own goroutine; when it
// goes, the next one does.
type answers struct {
	mu sync.Mutex
	id string
	of map[waitedFor]*waiters
}

type waitedFor struct {
	group *partitions.Group
	key   string
}

// waiters wait for one saga's end.
type waiters struct {
	from  string // names the process and its node: the last question of one is kept
	count int
	asks  chan struct{} // full while one of them asks
	done  chan struct{} // closed when there is an answer
	is    settled
	err   error
}

// join is one more who waits, until leave.
func (a *answers) join(of waitedFor) *waiters {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.of[of]
	if w == nil {
		if a.of == nil {
			a.id, a.of = uuid.NewString(), make(map[waitedFor]*waiters)
		}
		w = &waiters{from: fmt.Sprintf("%s/%p", a.id, of.group), asks: make(chan struct{}, 1), done: make(chan struct{})}
		a.of[of] = w
	}
	w.count++
	return w
}

func (a *answers) leave(of waitedFor, w *waiters) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w.count--; w.count == 0 && a.of[of] == w {
		delete(a.of, of)
	}
}

// answer is what all are told. Those who come from now on ask anew.
func (a *answers) answer(of waitedFor, w *waiters, is settled, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.is, w.err = is, err
	close(w.done)
	if a.of[of] == w {
		delete(a.of, of)
	}
}

// settled waits for the saga's end, with others who do. When ctx ends, only this wait does.
func (h Handle[In, Out]) settled(ctx context.Context) (settled, error) {
	all := &h.flow.waiting
	of := waitedFor{group: h.group, key: rowKey(request.From(ctx).Tenant, h.id)}
	w := all.join(of)
	defer all.leave(of, w)
	select {
	case <-w.done:
		return w.is, w.err
	case <-ctx.Done():
		return settled{}, goesOn(ctx)
	case w.asks <- struct{}{}:
	}
	defer func() { <-w.asks }()
	select {
	case <-w.done:
		return w.is, w.err
	default:
	}
	is, err := h.outcome(ctx, of.key, w.from)
	if ctx.Err() == nil || err == nil {
		all.answer(of, w, is, err)
	}
	return is, err
}

// outcome waits for the saga's end on the node that owns its shard without a record, and otherwise asks for it.
func (h Handle[In, Out]) outcome(ctx context.Context, key, from string) (settled, error) {
	past, err := h.flow.ended.Await(ctx, h.group, h.id, key, results{})
	switch {
	case err == nil:
		return settledBy(past), nil
	case errors.Is(err, partitions.ErrNotOwner):
		return h.inquire(ctx, from)
	case ctx.Err() != nil:
		return settled{}, goesOn(ctx)
	}
	return settled{}, err
}

// goesOn is the error of who does not wait any longer.
func goesOn(ctx context.Context) error {
	return resilience.Indefinite(fmt.Errorf("the saga goes on: %w", context.Cause(ctx)))
}

// inquire asks for the saga's end, again after a time, by which what is kept of the question is forgotten.
func (h Handle[In, Out]) inquire(ctx context.Context, from string) (settled, error) {
	for {
		patience, cancel := context.WithTimeout(ctx, askAgain)
		is, err := partitions.Ask(patience, h.group, h.flow.ask, asked{ID: h.id, From: from})
		over := patience.Err() != nil && ctx.Err() == nil
		cancel()
		if err == nil || !over {
			return is, err
		}
	}
}

// question is a process that waits for a saga's end.
type question struct {
	partitions.Question

	At   time.Time `json:"at"`
	From string    `json:"from,omitempty"`
}

const (
	askedFor   = 15 * time.Minute
	askAgain   = 10 * time.Minute
	maxAskings = 1000
)

// answer tells how a saga has ended, or keeps the question until it does: the last one of a process.
func (n *runner) answer(tx *partitions.Tx, in asked) (settled, error) {
	key := rowKey(request.From(tx.Context()).Tenant, in.ID)
	if past, ended := n.ended.Get(tx, key); ended {
		return settledBy(past), nil
	}
	waiting, _ := n.asking.Get(tx, key)
	var still []question
	for _, q := range waiting {
		if tx.Now().Sub(q.At) < askedFor && (q.From == "" || q.From != in.From) {
			still = append(still, q)
		}
	}
	if len(still) == maxAskings {
		return settled{}, &partitions.AskError{Code: "crowded", Message: "too many processes wait for the saga"}
	}
	n.asking.Put(tx, key, append(still, question{Question: n.ask.Later(tx), At: tx.Now(), From: in.From}))
	return settled{}, nil
}
