package durable

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/partitions"
)

// MachineOption changes the routes of a machine. See [Machine].
type MachineOption interface{ applyMachine(*config) }

type config struct {
	prefix  string
	without []string
	forward []partitions.ForwardOption
	errs    []error
}

type machineOption func(*config)

func (o machineOption) applyMachine(c *config) { o(c) }

// Option changes the routes of a machine, a flow or a command.
type Option interface {
	MachineOption
	SagaOption
	CommandOption
}

type option func(*config)

func (o option) applyMachine(c *config)        { o(c) }
func (o option) applySaga(c *sagaConfig)       { o(&c.config) }
func (o option) applyCommand(c *commandConfig) { o(&c.config) }

// Under puts the routes under a path: "/v1" makes "/v1/{name}/{id}".
func Under(prefix string) Option {
	return option(func(c *config) {
		c.prefix = prefix
		if !strings.HasPrefix(prefix, "/") || strings.HasSuffix(prefix, "/") || strings.ContainsAny(prefix, "{}") {
			c.errs = append(c.errs, fmt.Errorf("Under %q: the path must begin with /, not end with it, and have no parameters", prefix))
		}
	})
}

// Without leaves out events that are not for clients, such as those of time-outs.
func Without(events ...string) MachineOption {
	return machineOption(func(c *config) { c.without = append(c.without, events...) })
}

// Forwarding changes how reads get to the owner: see [partitions.Group.Forward].
func Forwarding(opts ...partitions.ForwardOption) MachineOption {
	return machineOption(func(c *config) { c.forward = append(c.forward, opts...) })
}

var errNilOption = errors.New("an option is nil")

func configOf(opts []MachineOption, events []string) (c config) {
	for _, opt := range opts {
		if opt == nil {
			c.errs = append(c.errs, errNilOption)
			continue
		}
		opt.applyMachine(&c)
	}
	for _, event := range c.without {
		if !slices.Contains(events, event) {
			c.errs = append(c.errs, fmt.Errorf("Without: the machine has no event %q", event))
		}
	}
	return c
}
