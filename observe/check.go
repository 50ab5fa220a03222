package observe

import (
	"context"
	"fmt"
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

// String is "critical" or "advisory".
func (c Criticality) String() string {
	if c == Advisory {
		return "advisory"
	}
	return "critical"
}

// MarshalText writes it as String does.
func (c Criticality) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

const (
	// defaultTimeout is how long a check has whose Timeout is not set.
	defaultTimeout = 2 * time.Second
	// defaultFresh is how long an answer serves whose check does not say, so that probes cost little.
	defaultFresh = time.Second
)

// Check asks one thing that the process stands on. It is an option of [NewHealth].
type Check struct {
	// Name is unique among the checks of a process, such as "postgres".
	Name string
	// Ask returns nil when all is well. It should end with its context. Its error is shown to whoever asks for the
	// report, so it holds no secrets.
	Ask func(context.Context) error
	// Timeout is how long Ask has; 0 means 2 seconds.
	Timeout time.Duration
	// Fresh is how long an answer serves all who ask; 0 means a second.
	Fresh time.Duration
	// Criticality is Critical unless it is said otherwise.
	Criticality Criticality
}

func (c Check) applyHealth(s *healthSettings) { s.checks = append(s.checks, c) }

func (c Check) validate() error {
	switch {
	case c.Name == "":
		return fmt.Errorf("a check needs a name")
	case c.Ask == nil:
		return fmt.Errorf("check %q has nothing to ask", c.Name)
	case c.Timeout < 0:
		return fmt.Errorf("check %q: timeout %s must not be negative", c.Name, c.Timeout)
	case c.Fresh < 0:
		return fmt.Errorf("check %q: an answer cannot serve for %s", c.Name, c.Fresh)
	case c.Criticality != Critical && c.Criticality != Advisory:
		return fmt.Errorf("check %q: criticality %d must be Critical or Advisory", c.Name, c.Criticality)
	}
	return nil
}
