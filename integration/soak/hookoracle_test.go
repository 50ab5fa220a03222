package soak_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
)

// hookOracle holds what came to endpoints, and what was told of that, against what has happened. Its methods may be called at once.
type hookOracle struct {
	breaks func(format string, args ...any)

	mu        sync.Mutex
	endpoints map[string]*hookEndpoint
	happened  map[string]string // the tenant, by event
	attempts  int
}

// hookEndpoint is what is known of one endpoint.
type hookEndpoint struct {
	tenant     string
	ordered    bool
	happened   []string // in the order of the topic
	came       []string // in the order in which each came first
	deliveries map[string]*hookDelivery
	missing    map[string]bool
}

type hookDelivery struct {
	came, answered bool
	attempts       int // that were told
	delivered      bool
}

func newHookOracle(breaks func(format string, args ...any)) *hookOracle {
	return &hookOracle{breaks: breaks, endpoints: make(map[string]*hookEndpoint), happened: make(map[string]string)}
}

// endpoint is told of each endpoint before anything happens. Its id begins with its tenant and a "-".
func (o *hookOracle) endpoint(id string, ordered bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	tenant, _, _ := strings.Cut(id, "-")
	o.endpoints[id] = &hookEndpoint{tenant: tenant, ordered: ordered, deliveries: make(map[string]*hookDelivery), missing: make(map[string]bool)}
}

func (e *hookEndpoint) delivery(event string) *hookDelivery {
	d := e.deliveries[event]
	if d == nil {
		d = &hookDelivery{}
		e.deliveries[event] = d
	}
	return d
}

// came is told of each request, and answered of each that is answered well, before it is.
func (o *hookOracle) came(endpoint, event string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.endpoints[endpoint]
	d := e.delivery(event)
	if d.came {
		return
	}
	d.came = true
	if n := len(e.came); e.ordered && n > 0 && !e.deliveries[e.came[n-1]].answered {
		o.breaks("%s got %s before %s was answered", endpoint, event, e.came[n-1])
	}
	e.came = append(e.came, event)
}

func (o *hookOracle) answered(endpoint, event string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.endpoints[endpoint]
	e.delivery(event).answered = true
	e.settle(event)
}

// settle forgets that something is missing of a delivery, if nothing is.
func (e *hookEndpoint) settle(event string) {
	if d := e.deliveries[event]; d.answered && d.delivered {
		delete(e.missing, event)
	}
}

// occurs is told of each event of the topic.
func (o *hookOracle) occurs(tenant, event string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.happened[event] != "" {
		o.breaks("the event %s is there twice", event)
	}
	o.happened[event] = tenant
	for _, e := range o.endpoints {
		if e.tenant == tenant {
			e.happened = append(e.happened, event)
			e.missing[event] = true
			e.delivery(event)
			e.settle(event)
		}
	}
}

// attempted is told of each attempt that was told.
func (o *hookOracle) attempted(a webhooks.Attempted) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.endpoints[a.Endpoint]
	if e == nil {
		return // nobody knows its key
	}
	d := e.delivery(a.Event)
	o.attempts++
	if d.attempts++; a.Number != d.attempts || d.delivered {
		o.breaks("%s: attempt %d of %s is told as %s after %d, delivered: %t", a.Endpoint, a.Number, a.Event, a.Outcome, d.attempts-1, d.delivered)
	}
	switch a.Outcome {
	case webhooks.OutcomeDelivered:
		d.delivered = true
		if !d.answered {
			o.breaks("%s: %s is told as delivered, and was not", a.Endpoint, a.Event)
		}
		e.settle(a.Event)
	case webhooks.OutcomeFailed:
	default:
		o.breaks("%s: attempt %d of %s is %s", a.Endpoint, a.Number, a.Event, a.Outcome)
	}
}

// missing says what has not happened yet.
func (o *hookOracle) missing() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, e := range o.endpoints {
		for event := range e.missing {
			return fmt.Sprintf("%s has not got %d events, such as %s, which is %+v", id, len(e.missing), event, *e.deliveries[event])
		}
	}
	return ""
}

// settled looks at what came, once all has.
func (o *hookOracle) settled() {
	if missing := o.missing(); missing != "" {
		o.breaks("%s", missing)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, e := range o.endpoints {
		for at, event := range e.came {
			switch {
			case o.happened[event] != e.tenant:
				o.breaks("%s got %s, which happened to %q", id, event, o.happened[event])
			case e.ordered && e.happened[at] != event:
				o.breaks("%s got %s where %s was next", id, event, e.happened[at])
			}
		}
	}
}

// hooks tells the oracle of webhooks what has come since the last time.
func (r *reader) hooks(ctx context.Context) error {
	if err := r.rest(ctx, hookEvents, func(record bus.Record) error {
		if record.Type() != hookTypeHappened {
			return nil
		}
		var h struct {
			Tenant string         `json:"tenant"`
			Event  webhooks.Event `json:"event"`
		}
		err := json.Unmarshal(record.Value, &h)
		r.hookOracle.occurs(h.Tenant, h.Event.ID)
		return err
	}); err != nil {
		return err
	}
	return r.rest(ctx, hookTold, func(record bus.Record) error {
		if record.Type() != hookTypeAttempted {
			return nil
		}
		var a webhooks.Attempted
		err := json.Unmarshal(record.Value, &a)
		r.hookOracle.attempted(a)
		return err
	})
}
