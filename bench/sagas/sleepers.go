package sagas

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bench/figures"
	"github.com/millrace/millrace/bench/flows/phase"
	"github.com/millrace/millrace/bench/procfs"
	"github.com/millrace/millrace/bench/sides"
	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	flow "github.com/millrace/millrace/sagas"
)

const (
	// published is how many starts are published at once.
	published = 1000
	// early is how many sleepers wake while the bench goes on, after earlySleep.
	early      = 1000
	earlySleep = 3 * time.Minute
	longSleep  = 240 * time.Hour
	// quiet is how long a node is left alone before its memory is looked at.
	quiet = 20 * time.Second
)

// sleepers is a node of this process on which many sagas sleep, with its tables in memory.
type sleepers struct {
	count   int
	name    string
	bus     *bus.Bus
	flow    *flow.Flow[int, int]
	asleep  atomic.Int64 // how many flows have come to their sleep for the first time
	group   *partitions.Group
	stop    context.CancelFunc
	ended   chan error
	figures []figures.Figure
}

// sleep is the case "sleepers": so many sagas sleep on one node; it is stopped and started again, and some of them wake.
func (s settings) sleep(ctx context.Context) (err error) {
	address := s.kafka
	if address == "" {
		started, end, failed := sides.Kafka(ctx)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, end()) }()
		address = started
	}
	n := &sleepers{count: s.sleepers, name: "b" + uuid.NewString()[:8]}
	if n.bus, err = bus.Open(ctx, address); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }() //nolint:contextcheck // it cleans up after ctx has ended too
	n.flow = flow.Define(n.name+"-sleepers", func(s *flow.Saga, i int) (int, error) {
		n.asleep.Add(1)
		if i >= n.count-early {
			return i, s.Sleep(earlySleep)
		}
		return i, s.Sleep(longSleep)
	})
	if err := n.bus.Verify(ctx, n.flow.Contracts()...); err != nil {
		return err
	}
	for _, run := range []func(context.Context) error{n.fallAsleep, n.again, n.wake} {
		if err := run(ctx); err != nil {
			return err
		}
	}
	return figures.Print(os.Stdout, s.json, n.figures...)
}

func (n *sleepers) tell(metric string, value float64) {
	n.figures = append(n.figures, figures.Figure{
		Bench: "sagas", Case: fmt.Sprintf("%d asleep", n.count), Side: "millrace", Metric: metric, Value: value,
	})
	fmt.Fprintf(os.Stderr, "%s: %.2f\n", metric, value)
}

// fallAsleep starts all sagas.
func (n *sleepers) fallAsleep(ctx context.Context) error {
	if err := n.start(ctx); err != nil {
		return err
	}
	empty, began := heap(), time.Now()
	for i := 0; i < n.count; i += published {
		var starts []bus.Message
		for j := i; j < min(i+published, n.count); j++ {
			starts = append(starts, n.flow.New(n.id(j), j))
		}
		if err := n.bus.Publish(ctx, starts...).Err(); err != nil {
			return err
		}
		for int64(i)-n.asleep.Load() > 20*published { // what is not handled yet is no memory of sleepers
			if err := phase.Pause(ctx, 10*time.Millisecond); err != nil { //nolint:mnd // soon
				return err
			}
		}
	}
	for n.asleep.Load() < int64(n.count) {
		if err := phase.Pause(ctx, 10*time.Millisecond); err != nil { //nolint:mnd // soon
			return err
		}
	}
	n.tell("starts a second", float64(n.count)/time.Since(began).Seconds())
	if err := phase.Pause(ctx, quiet); err != nil {
		return err
	}
	return n.memory("", empty)
}

// memory tells what the process has in memory.
func (n *sleepers) memory(when string, empty uint64) error {
	n.tell("bytes a sleeper"+when, float64(heap()-empty)/float64(n.count))
	resident, err := procfs.Resident(os.Getpid())
	n.tell("resident MB"+when, resident)
	return err
}

// heap is what is in use, of which no more than that stays with the process.
func heap() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// again stops the node and starts it again.
func (n *sleepers) again(ctx context.Context) error {
	if err := n.end(); err != nil {
		return err
	}
	empty, began := heap(), time.Now()
	if err := n.start(ctx); err != nil {
		return err
	}
	n.tell("seconds to start again", time.Since(began).Seconds())
	return n.memory(" again", empty)
}

// wake waits until those have completed that sleep for a short time, and looks at some of the others.
func (n *sleepers) wake(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make([]error, 2*early) //nolint:mnd // of both looks
	for i := range early {
		wg.Go(func() {
			at := n.count - early + i
			if got, err := n.flow.Handle(n.group, n.id(at)).Result(ctx); err != nil || got != at {
				errs[i] = fmt.Errorf("sleeper %d has woken with %d: %w", at, got, err)
			}
		})
	}
	wg.Wait()
	for i := range early {
		at := i * (n.count - early) / early
		if d, err := n.flow.Handle(n.group, n.id(at)).Describe(ctx); err != nil || d.Status != flow.Waiting {
			errs[early+i] = fmt.Errorf("sleeper %d is %q: %w", at, d.Status, err)
		}
	}
	n.tell("have woken", early)
	return errors.Join(errs...)
}
