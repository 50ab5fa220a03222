package webhooks

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// listing asks for a tenant's endpoints.
type listing struct {
	Tenant request.Tenant `json:"tenant,omitempty"`
	ID     string         `json:"id,omitempty"` // only this one
}

type listed struct {
	Endpoints []Endpoint `json:"endpoints"`
}

// looking asks the shard of an endpoint.
type looking struct {
	Tenant request.Tenant `json:"tenant,omitempty"`
	ID     string         `json:"id"`
}

func (l looking) key() string { return endpointKey(l.Tenant, l.ID) }

// Description is how an endpoint fares.
type Description struct {
	Endpoint Endpoint `json:"endpoint"`
	// Queued is how many deliveries wait, also for their next attempt.
	Queued int `json:"queued"`
	// Attempts, Delivered and Dead are counted since the endpoint was made.
	Attempts  int64 `json:"attempts"`
	Delivered int64 `json:"delivered"`
	Dead      int64 `json:"dead"`
	// Failures is how many attempts have failed since the last success, and FailingSince when the first of them did.
	Failures     int       `json:"failures"`
	FailingSince time.Time `json:"failing_since"`
	// HeldUntil is until when there are no attempts, since the breaker is open or the receiver has asked for it.
	HeldUntil   time.Time `json:"held_until"`
	LastSuccess time.Time `json:"last_success"`
	LastFailure time.Time `json:"last_failure"`
}

const (
	onItsWay = 50 // times that an endpoint is asked for which its tenant's shard knows
	askAgain = 20 * time.Millisecond
)

// askEndpoint asks the shard of an endpoint, which may not know yet what the shard of its tenant does.
func askEndpoint[In, Out any](
	ctx context.Context, g partitions.Asked, h *Hooks, c *partitions.Command[In, Out], in In, id string,
) (Out, error) {
	for left := onItsWay; ; left-- {
		out, err := ask(ctx, g, h, c, in)
		if !errors.Is(err, ErrNoEndpoint) || left == 0 {
			return out, err
		}
		if _, known := h.Endpoint(ctx, g, id); known != nil {
			return out, err
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return out, err
		}
	}
}

func described(e Endpoint, s stateRow) Description {
	return Description{
		Endpoint: e, Queued: s.Queued, Attempts: s.Attempts, Delivered: s.Delivered, Dead: s.Dead, Failures: s.Failures,
		FailingSince: s.FailingSince, HeldUntil: s.HeldUntil, LastSuccess: s.LastSuccess, LastFailure: s.LastFailure,
	}
}

// List is the endpoints of the context's tenant, by id.
func (h *Hooks) List(ctx context.Context, g partitions.Asked) ([]Endpoint, error) {
	out, err := ask(ctx, g, h, h.list, listing{Tenant: request.From(ctx).Tenant})
	return out.Endpoints, err
}

// Endpoint is an endpoint of the context's tenant, as it was created or updated last.
func (h *Hooks) Endpoint(ctx context.Context, g partitions.Asked, id string) (Endpoint, error) {
	out, err := ask(ctx, g, h, h.list, listing{Tenant: request.From(ctx).Tenant, ID: id})
	if err != nil {
		return Endpoint{}, err
	}
	return out.Endpoints[0], nil
}

// Describe says how an endpoint of the context's tenant fares. What was ordered a moment ago may be missing.
func (h *Hooks) Describe(ctx context.Context, g partitions.Asked, id string) (Description, error) {
	return askEndpoint(ctx, g, h, h.look, looking{request.From(ctx).Tenant, id}, id)
}

// Log is the last attempts on an endpoint of the context's tenant, the newest first, 200 at most. The topic "<name>.told" has all of them.
func (h *Hooks) Log(ctx context.Context, g partitions.Asked, id string) ([]Attempt, error) {
	return askEndpoint(ctx, g, h, h.tries, looking{request.From(ctx).Tenant, id}, id)
}

// Dead is the deliveries to an endpoint of the context's tenant that were given up, the newest first, 1000 at most. Those that are told again
// are not among them any more, and neither are those that [MaxDead] or [Keep] let be forgotten.
func (h *Hooks) Dead(ctx context.Context, g partitions.Asked, id string) ([]Dead, error) {
	return askEndpoint(ctx, g, h, h.losses, looking{request.From(ctx).Tenant, id}, id)
}

func (h *Hooks) listed(tx *partitions.Tx, l listing) (listed, error) {
	if err := tenanted(tx, l.Tenant); err != nil {
		return listed{}, err
	}
	if l.ID != "" {
		row, found := h.subscriptions.Get(tx, endpointKey(l.Tenant, l.ID))
		if !found {
			return listed{}, noEndpoint()
		}
		return listed{[]Endpoint{row.Endpoint}}, tx.Err()
	}
	out := listed{Endpoints: []Endpoint{}}
	for key, row := range h.subscriptions.Range(tx, endpointKey(l.Tenant, "")) {
		if owner, _ := parseKey(key); owner != l.Tenant {
			break
		}
		out.Endpoints = append(out.Endpoints, row.Endpoint)
	}
	return out, tx.Err()
}

func noEndpoint() error { return refusal(codeNoEndpoint, "the tenant has no such endpoint") }

// tenanted refuses to tell one tenant of another.
func tenanted(tx *partitions.Tx, t request.Tenant) error {
	if request.From(tx.Context()).Tenant != t {
		return noEndpoint()
	}
	return nil
}

// own is the endpoint that is asked for, on its own shard.
func (h *Hooks) own(tx *partitions.Tx, l looking) (endpointRow, error) {
	row, found := h.endpoints.Get(tx, l.key())
	if err := tenanted(tx, l.Tenant); err != nil || !found {
		return endpointRow{}, noEndpoint()
	}
	return row, tx.Err()
}

func (h *Hooks) looked(tx *partitions.Tx, l looking) (Description, error) {
	row, err := h.own(tx, l)
	if err != nil {
		return Description{}, err
	}
	state, _ := h.states.Get(tx, l.key())
	return described(row.Endpoint, state), tx.Err()
}

func (h *Hooks) tried(tx *partitions.Tx, l looking) ([]Attempt, error) {
	if _, err := h.own(tx, l); err != nil {
		return nil, err
	}
	all := under(tx, h.attempts, l.key())
	slices.SortFunc(all, newestAttempt)
	return fitting(all, func(a Attempt) int { return len(a.Excerpt) }), tx.Err()
}

func newestAttempt(a, b Attempt) int { return b.At.Compare(a.At) }

// under are an endpoint's rows.
func under[V any](r partitions.Reader, t *partitions.Table[string, V], key string) []V {
	all := []V{}
	for at, v := range t.Range(r, key+"/") {
		if !within(at, key) {
			break
		}
		all = append(all, v)
	}
	return all
}

// maxAnswer is how many bytes of text an answer may have, so that all of it fits a record, escaped.
const maxAnswer = 100_000

func fitting[V any](all []V, size func(V) int) []V {
	left := maxAnswer
	for i, v := range all {
		if left -= size(v); left < 0 {
			return all[:i]
		}
	}
	return all
}
