package count

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bench/process"
	"github.com/millrace/millrace/bench/topics"
)

// fleet is a side as several nodes with standbys, under load, while something happens to them.
type fleet struct {
	b     *bench
	side  side
	work  Work
	nodes []*process.Process

	mu    sync.Mutex // guards seen
	seen  []wait
	steps []step
}

// wait is how long a record took, from production to the consumer of committed records.
type wait struct {
	shard    int32
	produced time.Time
	took     time.Duration
}

// step is something that happened to the nodes, and when.
type step struct {
	name       string
	began, end time.Time
}

const (
	fillLimit = 10 * time.Minute
	quiet     = 15 * time.Second // before, between and after steps, for standbys to catch up
)

// try runs the side as nodes, fills its tables, and calls happen under load. Everything that was produced must come
// out exactly once.
func (b *bench) try(ctx context.Context, s side, standbys int, happen func(context.Context, *fleet) error) (f *fleet, aborted int, err error) {
	ctx, cancel := context.WithTimeout(ctx, fillLimit)
	defer cancel()
	input := "count-moves-" + uuid.NewString()
	if err := b.create(ctx, usualShards, nil, input); err != nil {
		return nil, 0, err
	}
	f = &fleet{b: b, side: s}
	var clean func() error
	if f.work, clean, err = b.prepare(ctx, usualShards, input); err != nil {
		return nil, 0, err
	}
	defer func() {
		_, failed := b.admin.DeleteTopics(context.WithoutCancel(ctx), input)
		err = errors.Join(err, failed, clean())
	}()
	f.work.Lanes, f.work.Standbys, f.work.Session, f.work.Pad = 1, standbys, b.session, b.pad
	nodes := make([]*process.Process, b.nodes) // f is nil where this fails
	f.nodes = nodes
	for i := range nodes {
		if err := f.start(ctx, i); err != nil {
			return nil, 0, err
		}
		defer func() { nodes[i].End() }()
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.brokers...), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeTopics(f.work.Output),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, 0, err //nolint:wrapcheck // a bench
	}
	defer reader.Close()
	out := &output{reader: reader, tally: tally{counts: map[string]uint64{}}, observe: f.observe}
	in := newInput()
	in.sweep = int64(b.keys)
	if err := errors.Join(b.produce(ctx, in, input, b.keys, 50*b.rate), out.await(ctx, b.keys), pause(ctx, quiet)); err != nil { //nolint:mnd // fast
		return nil, 0, fmt.Errorf("fill: %w", err)
	}
	fmt.Fprintf(os.Stderr, "%v: %d keys in the tables of %d nodes\n", s, b.keys, b.nodes)
	if err := f.under(ctx, in, out, happen); err != nil {
		return nil, 0, err
	}
	for _, node := range f.nodes {
		node.End()
	}
	all := 0
	err = topics.Read(ctx, b.brokers, f.work.Output, kgo.ReadUncommitted(), func(*kgo.Record) error { all++; return nil })
	return f, all - out.records, err
}

// start starts a node, with the folder that it had before.
func (f *fleet) start(ctx context.Context, i int) error {
	w := f.work
	w.Dir = filepath.Join(w.Dir, strconv.Itoa(i))
	if err := os.MkdirAll(w.Dir, 0o700); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	node, err := process.Start(ctx, func(ctx context.Context) (*exec.Cmd, error) { return f.side.command(ctx, w) })
	f.nodes[i] = node
	return err
}

func (f *fleet) observe(r *kgo.Record, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, wait{r.Partition, produced(r), took})
}

// under lets something happen while records are produced, and waits until they are out.
func (f *fleet) under(ctx context.Context, in *input, out *output, happen func(context.Context, *fleet) error) error {
	var stop, made atomic.Bool
	var wg sync.WaitGroup
	var failed, unread error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	wg.Go(func() {
		defer made.Store(true)
		for !stop.Load() && failed == nil {
			failed = f.b.produce(ctx, in, f.work.Input, f.b.rate/10, f.b.rate) //nolint:mnd // a tenth of a second
		}
	})
	wg.Go(func() {
		for !made.Load() && unread == nil {
			unread = out.poll(ctx, time.Second)
		}
		if unread = errors.Join(unread, out.await(ctx, int(in.made))); unread != nil {
			cancel()
		}
	})
	err := happen(ctx, f)
	stop.Store(true)
	wg.Wait()
	return errors.Join(err, failed, unread)
}

// step notes that something begins; it lasts until the next one, or until the end.
func (f *fleet) step(name string) {
	if n := len(f.steps); n > 0 {
		f.steps[n-1].end = time.Now()
	}
	f.steps = append(f.steps, step{name: name, began: time.Now()})
}

// longest is the longest that a record of each shard took that was produced during each step, sorted.
func (f *fleet) longest() []time.Duration {
	var all []time.Duration
	for _, s := range f.steps {
		most := make([]time.Duration, usualShards)
		for _, w := range f.seen {
			if !w.produced.Before(s.began) && (s.end.IsZero() || w.produced.Before(s.end)) {
				most[w.shard] = max(most[w.shard], w.took)
			}
		}
		fmt.Fprintf(os.Stderr, "%v: %s: longest waits by shard: %v\n", f.side, s.name, most)
		all = append(all, most...)
	}
	slices.Sort(all)
	return all
}
