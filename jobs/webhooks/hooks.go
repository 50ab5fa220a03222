package webhooks

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// ErrDefinition is found in the error of hooks that are defined wrongly.
var ErrDefinition = errors.New("webhooks: definition")

// Hooks are the webhooks of an application: endpoints of its tenants, and what is delivered to them. They are data: what is wrong with
// them is in [Hooks.Err], and in the error of whatever meets it first. They are safe for concurrent use.
type Hooks struct {
	config

	name string
	err  error

	// On the shard of a tenant.
	tenants       *partitions.Table[string, tenantRow]
	subscriptions *partitions.Table[string, endpointRow]
	manage        *partitions.Command[order, Endpoint]
	list          *partitions.Command[listing, listed]
	happened      bus.Event[happened]
	off           bus.Event[off]

	// On the shard of an endpoint.
	endpoints  *partitions.Table[string, endpointRow]
	states     *partitions.Table[string, stateRow]
	queue      *partitions.Table[string, queuedRow]
	seen       *partitions.Table[string, seenRow]
	attempts   *partitions.Table[string, Attempt]
	dead       *partitions.Table[string, deadRow]
	deaths     *partitions.Table[string, deathRow]
	purges     *partitions.Timer[string]
	look       *partitions.Command[looking, Description]
	tries      *partitions.Command[looking, []Attempt]
	losses     *partitions.Command[looking, []Dead]
	trial      *partitions.Command[trying, Attempt]
	delivery   bus.Event[delivery]
	configured bus.Event[configured]

	attempted bus.Event[Attempted]
	noticed   bus.Event[Notice]
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

const partPrefix = "webhooks."

// Define makes hooks. The name is 1 to 40 of the characters a-z 0-9 -, beginning with a letter. Topics, rows and event types are called by
// it, and it must not change while there are endpoints.
func Define(name string, opts ...Option) *Hooks {
	h := &Hooks{name: name, config: usual()}
	for _, opt := range opts {
		if opt == nil {
			h.errs = append(h.errs, errors.New("an option is nil"))
			continue
		}
		opt.applyHooks(&h.config)
	}
	if !namePattern.MatchString(name) {
		h.errs = append(h.errs, errors.New("the name must be 1 to 40 of the characters a-z 0-9 -, beginning with a letter"))
	}
	if h.guard == nil {
		h.guard, _ = NewGuard() // without options nothing can be wrong
	}
	h.errs = append(h.errs, h.check()...)
	if h.err = errors.Join(h.errs...); h.err != nil {
		h.err = fmt.Errorf("%w: %q: %w", ErrDefinition, name, h.err)
		return h
	}
	h.define()
	return h
}

func (h *Hooks) define() {
	part := func(suffix string) string { return partPrefix + h.name + suffix }
	keyed := bus.Aggregate(h.name)
	of, to := bus.InTopic(bus.Topic(h.name+".events")), bus.InTopic(bus.Topic(h.name+".deliveries"))
	told, shards := bus.InTopic(bus.Topic(h.name+".told")), bus.Partitions(h.shards)

	h.tenants = partitions.NewTable[string, tenantRow](part(".tenants"))
	h.subscriptions = partitions.NewTable[string, endpointRow](part(".subscriptions"))
	h.manage = partitions.NewCommand[order, Endpoint](part(".manage"), func(o order) string { return tenantKey(o.Tenant) })
	h.list = partitions.NewCommand[listing, listed](part(".list"), func(l listing) string { return tenantKey(l.Tenant) })
	h.happened = bus.Define(h.name+".happened", happened.key, of, keyed, shards, bus.Retention(h.keepEvents))
	h.off = bus.Define(h.name+".off", off.key, of, keyed, shards, bus.Retention(h.keepEvents))

	h.endpoints = partitions.NewTable[string, endpointRow](part(".endpoints"))
	h.states = partitions.NewTable[string, stateRow](part(".states"))
	h.queue = partitions.NewTable[string, queuedRow](part(".queue"))
	h.seen = partitions.NewTable[string, seenRow](part(".seen"), partitions.TTL(h.remember))
	h.attempts = partitions.NewTable[string, Attempt](part(".attempts"), partitions.TTL(h.keepLog))
	h.dead = partitions.NewTable[string, deadRow](part(".dead"), partitions.TTL(h.keepDead))
	h.deaths = partitions.NewTable[string, deathRow](part(".deaths"), partitions.TTL(h.keepDead))
	h.purges = partitions.NewTimer(part(".purges"), h.purge)
	h.look = partitions.NewCommand[looking, Description](part(".look"), looking.key)
	h.tries = partitions.NewCommand[looking, []Attempt](part(".tries"), looking.key)
	h.losses = partitions.NewCommand[looking, []Dead](part(".losses"), looking.key)
	h.trial = partitions.NewCommand[trying, Attempt](part(".trial"), trying.key)
	h.delivery = bus.Define(h.name+".delivery", delivery.key, to, keyed, shards)
	h.configured = bus.Define(h.name+".configured", configured.key, to, keyed, shards)

	h.attempted = bus.Define(h.name+".attempted", func(a Attempted) string { return a.Endpoint }, told, keyed, bus.Retention(h.keepLog))
	h.noticed = bus.Define(h.name+".noticed", func(n Notice) string { return n.Endpoint }, told, keyed, bus.Retention(h.keepLog))
}

// Name is the hooks' name.
func (h *Hooks) Name() string { return h.name }

// Err says what is wrong with the definition, or nil.
func (h *Hooks) Err() error { return h.err }

// Contracts are what comes in and what is told, for [bus.Bus.Verify]: the topics "<name>.events", "<name>.deliveries" and "<name>.told".
// A wrong definition has none.
func (h *Hooks) Contracts() []bus.Definition {
	if h.err != nil {
		return nil
	}
	return []bus.Definition{h.happened, h.off, h.delivery, h.configured, h.attempted, h.noticed}
}

// Attempts is the event that tells of each attempt to deliver, in the topic "<name>.told".
func (h *Hooks) Attempts() bus.Event[Attempted] { return h.attempted }

// Notices is the event that tells what becomes of endpoints, and of deliveries that are given up.
func (h *Hooks) Notices() bus.Event[Notice] { return h.noticed }

// Part is what a [partitions.Group] is given to run the hooks.
func (h *Hooks) Part() partitions.Option {
	if h.err != nil {
		return partitions.Invalid(h.err)
	}
	n := newNode(h)
	return partitions.Options(
		partitions.Use(h.tenants, h.subscriptions, h.endpoints, h.states, h.queue, h.seen, h.attempts, h.dead, h.deaths, h.purges,
			deliveries, attempts, disabled, untold),
		partitions.On(h.happened, n.fan), partitions.On(h.off, h.turnedOff),
		partitions.On(h.delivery, n.arrive), partitions.On(h.configured, n.configure),
		partitions.Answer(h.manage, h.managed), partitions.Answer(h.list, h.listed), partitions.Answer(h.look, h.looked),
		partitions.Answer(h.tries, h.tried), partitions.Answer(h.losses, h.lost), partitions.Answer(h.trial, n.try),
		partitions.Opened(h.reseal), partitions.Opened(n.opened), partitions.Draining(n.drain),
	)
}

// logger is asked for when there is something to log: what is the default may be set after hooks are defined.
func (c *config) logger() *slog.Logger { return cmp.Or(c.log, slog.Default()) }

const day = 24 * time.Hour
