package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Procedure is a method or a stream, and what it does. See [RPC].
type Procedure struct {
	name      string
	described func() (methodSchema, error)
	timeout   time.Duration
	stream    bool
	invoke    func(context.Context, *call) (json.RawMessage, error)
	err       error
}

// usualTimeout is how long a method's call may take. A stream may take as long as it likes.
const usualTimeout = 30 * time.Second

// ProcedureOption changes a procedure: see [Timeout].
type ProcedureOption interface{ applyProcedure(*Procedure) }

type procedureOption func(*Procedure)

func (f procedureOption) applyProcedure(p *Procedure) { f(p) }

// Timeout is how long a call may take: 30 seconds by default for a method, and any time for a stream.
func Timeout(d time.Duration) ProcedureOption {
	return procedureOption(func(p *Procedure) {
		p.timeout = d
		if d <= 0 {
			p.err = errors.Join(p.err, fmt.Errorf("%s: the time-out %s must be positive", p.name, d))
		}
	})
}

func (p *Procedure) apply(opts []ProcedureOption) {
	for _, opt := range opts {
		opt.applyProcedure(p)
	}
}
