package observe

import (
	"context"
	"fmt"
	"time"
)

// Criticality says what follows when a [Check] fails.
type Criticality int

// No check is asked for liveness: a process is live while it answers, and a restart mends no server.
const (
	// Critical is for what this process alone lacks, such as room on its disk or the state that it restores: readiness falls with it, and other
	// processes take its load.
	Critical Criticality = iota
	// Advisory is for what the process can do without for a while, such as a cache: it is told, and readiness stays.
	Advisory
	// Startup is for what all processes share, such as Kafka or the database. Until it was well once the process is not ready, so that a roll-out
	// with a wrong address goes no further. Later it is advisory: all would be taken out of the balancer together, and nobody would be
	// left to answer what can be answered, and to say of the rest that it cannot.
	Startup
)

// String is "critical", "advisory" or "startup".
func (c Criticality) String() string {
	switch c {
	case Advisory:
		return "advisory"
	case Startup:
		return "startup"
	case Critical:
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
	// Ask returns nil when all is well. It should end with its context. Its error goes to the log and to operators, so it holds no secrets.
	Ask func(context.Context) error
	// Timeout is how long Ask has; 0 means 2 seconds.
	Timeout time.Duration
	// Fresh is how long an answer serves all who ask; 0 means a second.
	Fresh time.Duration
	// Criticality is Critical unless it is said otherwise. Who stands on it otherwise than most changes it.
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
	case c.Criticality < Critical || c.Criticality > Startup:
		return fmt.Errorf("check %q: criticality %d must be Critical, Advisory or Startup", c.Name, c.Criticality)
	}
	return nil
}
