package machines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bench/process"
	"github.com/millrace/millrace/bench/topics"
	"github.com/millrace/millrace/bus"
	machine "github.com/millrace/millrace/machines"
)

const (
	look       = 20 * time.Millisecond // between two looks at the committed offsets
	drainLimit = 10 * time.Minute
	chunk      = 10_000 // events that are published at once
)

// shown is what one turn has shown.
type shown struct {
	rate, cpu, rss float64
	one, many      answers
}

// field is where a turn takes place.
type field struct {
	settings
	side   side
	name   string // of the machine and the group
	bus    *bus.Bus
	admin  *kadm.Client
	events []int // that each order was sent
}

// take is one turn: the backlog, then the questions, then the proof.
func (s settings) take(ctx context.Context, on side) (found shown, err error) {
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	f := &field{settings: s, side: on, name: "bench-" + uuid.NewString()[:8], events: make([]int, s.instances)}
	if f.bus, err = bus.Open(ctx, s.kafka); err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, f.bus.Close()) }()
	client, err := f.bus.Client()
	if err != nil {
		return found, err
	}
	defer client.Close()
	f.admin = kadm.NewClient(client)
	defer func() { err = errors.Join(err, topics.Remove(context.WithoutCancel(ctx), f.admin, f.name)) }()
	if err := f.load(ctx); err != nil {
		return found, err
	}
	p, err := f.start(ctx)
	if err != nil {
		return found, err
	}
	defer p.End()
	if err := f.drain(ctx, p, &found); err != nil {
		return found, err
	}
	if s.asks > 0 {
		if err := f.askAll(ctx, p, &found); err != nil {
			return found, err
		}
	}
	p.End()
	return found, f.verify(ctx)
}

// load publishes the backlog.
func (f *field) load(ctx context.Context) error {
	m := machine.Define(spec(f.name))
	if err := f.bus.Verify(ctx, m.Contracts()...); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec,mnd // the same each time
	messages := make([]bus.Message, 0, chunk)
	for sent := 0; sent < f.settings.events; sent += len(messages) {
		messages = messages[:0]
		for range min(chunk, f.settings.events-sent) {
			i := random.IntN(f.instances)
			messages = append(messages, m.New(idOf(i), nth(f.events[i])))
			f.events[i]++
		}
		if err := f.bus.Publish(ctx, messages...).Err(); err != nil {
			return err
		}
	}
	return nil
}

// start starts this program once more with the side's group.
func (f *field) start(ctx context.Context) (*process.Process, error) {
	return process.Start(ctx, func(ctx context.Context) (*exec.Cmd, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err //nolint:wrapcheck // a bench
		}
		work, err := json.Marshal(told{Kafka: f.kafka, Side: f.side.name, Name: f.name, Profile: f.profile})
		if err != nil {
			return nil, err //nolint:wrapcheck // a bench
		}
		return exec.CommandContext(ctx, self, child, string(work)), nil //nolint:gosec // itself
	})
}

// progress is how far a side had come when it was looked at.
type progress struct {
	events int
	at     time.Time
	cpu    time.Duration
}

// drain waits for the backlog. The rate is that from the first committed offset that is seen to the last.
func (f *field) drain(ctx context.Context, p *process.Process, found *shown) error {
	var first, last progress
	for last.events < f.settings.events {
		if err := errors.Join(pause(ctx, look), p.Alive()); err != nil {
			return fmt.Errorf("after %d events: %w", last.events, err)
		}
		events, err := topics.Committed(ctx, f.admin, f.name, f.name+".events")
		if err != nil {
			return err
		}
		last = progress{events: events, at: time.Now()}
		if last.cpu, err = p.CPU(); err != nil {
			return err
		}
		if first.events == 0 {
			first = last
		}
	}
	n := float64(last.events - first.events)
	if n == 0 {
		return errors.New("the backlog is too small to be measured")
	}
	found.rate, found.cpu = n/last.at.Sub(first.at).Seconds(), (last.cpu-first.cpu).Seconds()/n*1e6
	var err error
	found.rss, err = p.Peak()
	return err
}

// verify folds the transitions that a consumer of committed records reads.
func (f *field) verify(ctx context.Context) error {
	all := tally{rows: make(map[string]row, f.instances)}
	brokers := strings.Split(strings.TrimPrefix(f.kafka, "kafka://"), ",")
	if err := topics.Read(ctx, brokers, f.name+".transitions", kgo.ReadCommitted(), all.add); err != nil {
		return err
	}
	return all.check(f.events)
}

// pause waits, or fails when the context ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
