package partitions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// lane runs the transactions of some of the node's shards, one after the other, on one goroutine.
type lane struct {
	engine   *engine
	number   int
	consumer *kgo.Client
	ring     *ring
	shards   map[int32]*shard
	pending  []*kgo.Record
	later    []*kgo.Record
	asides   asides
	refused  membership
	failures int
	unread   time.Time // when it was last told that a record cannot be read now
	room     room
	spare    []*overlay

	mu       sync.Mutex
	stopped  bool
	commands []command
	arrived  []*aside // whose fetch has ended
	wake     context.CancelFunc
}

// command is work for a lane that does not come from a topic. done, if any, is told how it ended, once.
type command struct {
	shard *shard
	early bool // before the shard is live
	tells bool // done is told at once of a topic that brokers refuse
	do    func(*Tx) error
	done  func(error)
}

func (c *command) end(err error) {
	if c.done != nil {
		c.done(err)
	}
}

// post hands commands to the lane. One that has stopped refuses them.
func (l *lane) post(commands ...command) {
	l.mu.Lock()
	stopped := l.stopped
	if !stopped {
		l.commands = append(l.commands, commands...)
	}
	if l.wake != nil {
		l.wake()
	}
	l.mu.Unlock()
	if stopped {
		refuseCommands(commands, ErrNotOwner)
	}
}

// putBack puts commands before those that have come meanwhile.
func (l *lane) putBack(commands []command) {
	if len(commands) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commands = append(commands, l.commands...)
}

func (l *lane) take() []command {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.room.split {
		l.room.choose([kinds]bool{ofCommand: len(l.commands) > 0, ofTimer: l.due(), ofRecord: len(l.pending) > 0})
	}
	var commands []command
	commands, l.commands = l.room.take(l.commands)
	return commands
}

// run works until ctx ends, and lets a transaction that has begun come to its end.
func (l *lane) run(ctx context.Context) error {
	defer l.stop()
	if err := l.reopen(ctx); err != nil {
		return nil
	}
	for ctx.Err() == nil {
		l.gather(ctx)
		commands := l.take()
		if len(l.pending) == 0 {
			if err := l.poll(ctx, len(commands) > 0); err != nil {
				return err
			}
		}
		if len(commands)+len(l.pending) == 0 && !l.due() {
			continue
		}
		if err := l.step(ctx, commands); err != nil {
			return err
		}
	}
	return nil
}

// step makes one transaction of what there is to do and sees to what became of it.
func (l *lane) step(ctx context.Context, commands []command) error {
	m, err := l.engine.gate.enter(ctx, l.refused)
	if err != nil {
		l.post(commands...)
		return nil //nolint:nilerr // ctx has ended
	}
	b, err := l.transact(ctx, m, commands)
	l.engine.gate.leave()
	if err == nil {
		return nil
	}
	l.engine.meters.aborted.Add(ctx, 1, l.engine.meters.group)
	broken, _ := errors.AsType[*brokenError](err)
	switch {
	case broken != nil:
		refuseCommands(commands, resilience.Indefinite(broken))
		return broken
	case errors.Is(err, errUncertain):
		l.logger().WarnContext(ctx, "partitions: producers are opened anew", "error", err)
		refuseCommands(commands, resilience.Indefinite(err))
		return l.recover(ctx)
	case errors.Is(err, errRefused):
		l.refused = m
	default:
		l.failures++
	}
	l.logger().WarnContext(ctx, "partitions: transaction is made again", "error", err)
	l.ring.relearn(ctx, l.engine.bus, err)
	commands, soon := l.room.narrow(b, commands)
	b.requeue(commands)
	if !soon {
		wait(ctx, again(l.failures))
	}
	return nil
}

// again is how long to wait before what has failed so often, such as an aborted transaction, is tried once more.
func again(failures int) time.Duration {
	policy := resilience.RetryPolicy{Initial: 10 * time.Millisecond, Max: time.Second, Multiplier: 2, Jitter: 0.5}
	return policy.Delay(failures)
}

// handlerBudget is how long the handlers of one transaction may take together.
const handlerBudget = 2 * time.Second

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// transact begins a transaction, fills it, commits it and applies it.
func (l *lane) transact(ctx context.Context, m membership, commands []command) (*batch, error) {
	l.sweep()
	life := context.WithoutCancel(ctx)
	handling, cancel := context.WithTimeout(life, handlerBudget)
	defer cancel()
	b := l.newBatch(life, handling, m)
	if err := b.producer.BeginTransaction(); err != nil {
		return b, fmt.Errorf("%w: begin: %w", errUncertain, err)
	}
	left, failed, err := b.fill(commands)
	if err == nil {
		err = b.commit() //nolint:contextcheck // it has the life of the transaction
	} else {
		err = b.abort(err) //nolint:contextcheck // it has the life of the transaction
	}
	if err == nil {
		if broken := b.apply(); broken != nil {
			err = &brokenError{broken}
		}
	}
	if err != nil {
		b.forget(0)
		return b, err
	}
	b.settle(commands[:left], commands[left:], failed)
	for _, o := range b.overlays {
		l.reuse(o)
	}
	return b, nil
}

func (l *lane) logger() *slog.Logger {
	return l.engine.logger.With("group", l.engine.config.name, "node", l.engine.config.node, "lane", l.number)
}

// refuseCommands ends what nobody will do any more.
func refuseCommands(commands []command, err error) {
	for i := range commands {
		commands[i].end(err)
	}
}

var _ bus.Publisher = (*Tx)(nil)
