package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// trying asks for a test.
type trying struct {
	looking

	Event Event           `json:"event"`
	Body  json.RawMessage `json:"body"`
}

const (
	// TestType is the type of tests' events, unless another is given.
	TestType  = "webhooks.test"
	maxTrials = 16 // on a node
)

// Test makes one attempt to deliver an event to an endpoint of the context's tenant, and returns what came of it. It passes the queue, the
// breaker and the rate by, works on endpoints that are disabled too, is not repeated, and counts neither as a success nor as a failure.
// The zero event is one of [TestType] with {} as its data. When ctx ends first, the error is of class indefinite.
func (h *Hooks) Test(ctx context.Context, g partitions.Asked, id string, e Event) (Attempt, error) {
	if e.Type == "" {
		e.Type = TestType
	}
	if e.Data == nil {
		e.Data = json.RawMessage("{}")
	}
	if e.ID == "" {
		e.ID = fmt.Sprintf("test_%x", random(newID))
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	err := e.check()
	body, encode := e.body()
	if err != nil || encode != nil {
		return Attempt{}, resilience.Permanent(fmt.Errorf("webhooks: %s: test: %w", h.name, err))
	}
	return askEndpoint(ctx, g, h, h.trial, trying{looking{request.From(ctx).Tenant, id}, e, body}, id)
}

// try makes a test on the shard of its endpoint.
func (n *node) try(tx *partitions.Tx, in trying) (Attempt, error) {
	row, err := n.own(tx, in.looking)
	if err != nil {
		return Attempt{}, err
	}
	if !n.tests(1) {
		return Attempt{}, refusal(codeTooMany, "too many tests are under way, or the node stops: try again")
	}
	question := n.trial.Later(tx)
	tx.Committed(func(b partitions.Beside) {
		b.Go(func(ctx context.Context) func(*partitions.Tx) error {
			at, began := b.Now(), time.Now()
			got := n.post(ctx, in.key(), row, in.Event.ID, in.Body, at)
			told := Attempt{
				Event: in.Event.ID, Type: in.Event.Type, Number: 1, At: at, Took: time.Since(began), Status: got.status, Failed: got.failed,
				Excerpt: got.excerpt, Outcome: OutcomeTest,
			}
			n.tests(-1)
			return func(tx *partitions.Tx) error { return n.tested(tx, in, told, question) } //nolint:contextcheck // a transaction has its own
		})
	}, func() { n.tests(-1) })
	return Attempt{}, nil
}

// tests counts a test that begins or has ended. It is false where no more may begin.
func (n *node) tests(count int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if count > 0 && (n.draining || n.trials+count > maxTrials) {
		return false
	}
	n.trials += count
	return true
}

func (n *node) tested(tx *partitions.Tx, in trying, told Attempt, question partitions.Question) error {
	if _, found := n.endpoints.Get(tx, in.key()); found {
		state, _ := n.states.Get(tx, in.key())
		n.log(tx, in.key(), &state, told)
		n.states.Put(tx, in.key(), state)
	}
	n.trial.Reply(tx, told, question)
	return tell(tx, in.Tenant, n.attempted.New(Attempted{Tenant: in.Tenant, Endpoint: in.ID, Attempt: told}))
}
