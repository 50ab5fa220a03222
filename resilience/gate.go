package resilience

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/failsafe-go/failsafe-go/adaptivelimiter"
	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// gate is what an attempt passes before it is made: bulkhead, adaptive limit, breaker. What is nil lets everything pass.
//
// It takes permits by hand instead of composing failsafe's policies: there, what one policy refuses is a success to the breaker outside of it
// and a fast answer to the limiter, and so is a call whose own caller has gone.
type gate struct {
	name    string
	breaker circuitbreaker.CircuitBreaker[struct{}]
	places  bulkhead.Bulkhead[struct{}]
	wait    time.Duration
	limit   adaptivelimiter.AdaptiveLimiter[struct{}]
}

func newGate(name string, s settings, m *meters) gate {
	g := gate{name: name, wait: s.wait}
	if s.breaker != nil {
		g.breaker = s.breaker.build(name, s.logger, m)
	}
	if s.places > 0 {
		g.places = bulkhead.NewBuilder[struct{}](uint(s.places)).Build()
	}
	if s.limited {
		m.limit(s.limit[1])
		g.limit = adaptivelimiter.NewBuilder[struct{}]().
			WithLimits(uint(s.limit[0]), uint(s.limit[2]), uint(s.limit[1])).
			OnLimitChanged(func(e adaptivelimiter.LimitChangedEvent) {
				m.limit(int(e.NewLimit))
				s.logger.LogAttrs(context.Background(), slog.LevelDebug, "adaptive limit changed",
					slog.String("policy", name), slog.Uint64("from", uint64(e.OldLimit)), slog.Uint64("to", uint64(e.NewLimit)))
			}).Build()
	}
	return g
}

// pass is what an attempt has to give back.
type pass struct {
	gate   *gate
	permit adaptivelimiter.Permit
	probe  bool
}

// enter lets an attempt in, or says who refuses it. An open breaker is looked at first, so that nobody waits for a place in vain, and asked for
// its permit last, so that it is only had by who has all the rest.
func (g *gate) enter(ctx context.Context) (pass, error) {
	p := pass{gate: g}
	if g.breaker != nil && g.breaker.IsOpen() {
		if after := g.breaker.RemainingDelay(); after > 0 {
			return p, g.refuse(CodeOpen, after)
		}
	}
	if g.places != nil {
		if err := g.places.AcquirePermitWithMaxWait(ctx, g.wait); errors.Is(err, bulkhead.ErrFull) {
			return p, g.refuse(CodeFull, 0)
		} else if err != nil {
			return p, context.Cause(ctx)
		}
	}
	if g.limit != nil {
		permit, ok := g.limit.TryAcquirePermit()
		if !ok {
			g.leavePlace()
			return p, g.refuse(CodeLimited, 0)
		}
		p.permit = permit
	}
	if g.breaker != nil {
		if !g.breaker.TryAcquirePermit() {
			if p.permit != nil {
				p.permit.Drop()
			}
			g.leavePlace()
			return p, g.refuse(CodeOpen, g.breaker.RemainingDelay())
		}
		p.probe = g.breaker.IsHalfOpen()
	}
	return p, nil
}

func (g *gate) refuse(code Code, after time.Duration) error {
	return &Error{Policy: g.name, Code: code, After: after}
}

func (g *gate) leavePlace() {
	if g.places != nil {
		g.places.ReleasePermit()
	}
}

// leave gives back what the attempt held and tells how it ended. gone says that its caller does not want it any more.
func (p pass) leave(err error, gone bool) {
	well := err == nil || ClassOf(err) == ClassPermanent
	if p.permit != nil && well {
		p.permit.Record()
	} else if p.permit != nil {
		p.permit.Drop() // how long a failure took says nothing of the load
	}
	if p.gate.breaker != nil {
		switch {
		case well:
			p.gate.breaker.RecordSuccess()
		case !gone || p.probe: // a probe's permit comes back only with an outcome
			p.gate.breaker.RecordFailure()
		}
	}
	p.gate.leavePlace()
}
