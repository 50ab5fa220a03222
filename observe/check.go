package observe

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Criticality says what follows when a [Check] fails.
type Criticality int

const (
	// Critical is for what no request can be answered without: readiness falls with it.
	Critical Criticality = iota
	// Advisory is for what the process can do without for a while: it is told, and readiness stays.
	Advisory
)

// defaultTimeout is how long a check has whose Timeout is not set.
const defaultTimeout = 2 * time.Second

// Check asks one thing that the process stands on.
type Check struct {
	// Name is unique among the checks of a process, such as "postgres".
	Name string
	// Ask returns nil when all is well. It should end with its context. Its error is shown to whoever asks for the
	// report, so it holds no secrets.
	Ask func(context.Context) error
	// Timeout is how long Ask has; 0 means 2 seconds.
	Timeout time.Duration
	// Criticality is Critical unless it is said otherwise.
	Criticality Criticality
}

func (c Check) validate() error {
	switch {
	case c.Name == "":
		return fmt.Errorf("a check needs a name")
	case c.Ask == nil:
		return fmt.Errorf("check %q has nothing to ask", c.Name)
	case c.Timeout < 0:
		return fmt.Errorf("check %q: timeout %s must not be negative", c.Name, c.Timeout)
	case c.Criticality != Critical && c.Criticality != Advisory:
		return fmt.Errorf("check %q: criticality %d must be Critical or Advisory", c.Name, c.Criticality)
	}
	return nil
}

// asker asks one check, never twice at once.
type asker struct {
	Check

	answer  chan error // nil unless a question is open
	waiting sync.WaitGroup
}

func (a *asker) ask(ctx context.Context) error {
	if a.answer != nil { // the last question outlived its time
		select {
		case <-a.answer: //nolint:errcheck // too late to be told
			a.answer = nil
		default:
			return fmt.Errorf("still no answer to a question that had %s", a.Timeout)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, a.Timeout)
	defer cancel()
	answer := make(chan error, 1)
	a.waiting.Go(func() { answer <- a.Ask(ctx) })
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		a.answer = answer
		return fmt.Errorf("no answer within %s", a.Timeout)
	}
}
