package claimcheck

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// CollectorOption changes a [Collector].
type CollectorOption interface{ applyCollector(*collecting) }

type collectorOption func(*collecting)

func (f collectorOption) applyCollector(c *collecting) { f(c) }

type collecting struct {
	also           []bus.Topic
	endings        []string
	grace, every   time.Duration
	memory         int
	dry            bool
	reads, deletes int
	since          func(context.Context) (time.Time, error)
	progress       func(Collection)
	logger         *slog.Logger
	provider       metric.MeterProvider
}

// Also names topics that hold references to these topics' payloads and whose names do not say so, such as mirrors. What ends in .retry, .dlq or
// .changelog is read in any case.
func Also(topics ...bus.Topic) CollectorOption {
	return collectorOption(func(c *collecting) { c.also = append(c.also, topics...) })
}

// Groups names groups whose retry and dead letter topics must be there and readable. A user who may not describe a topic does not see that it is
// there: name the groups where the collector's user has no right to describe all topics.
func Groups(names ...string) CollectorOption {
	return collectorOption(func(c *collecting) {
		for _, name := range names {
			c.also = append(c.also, bus.Topic(name+".retry"), bus.Topic(name+".dlq"))
		}
	})
}

// Grace is how old an object without a reference must be, by the store's clock. It must exceed the longest time from when an event is encoded to
// when it is in its topic, which includes the time for which a row waits in an outbox whose relay is away. The default is 7 days, so that
// a relay may stand over a long weekend; see [Since].
func Grace(d time.Duration) CollectorOption {
	return collectorOption(func(c *collecting) { c.grace = d })
}

// Since asks, before each collection, since when events may wait that no topic holds yet: when the oldest row of an outbox was written, or
// the present where none waits. What is younger than that time less the grace is kept. Where it fails nothing is deleted.
func Since(oldest func(context.Context) (time.Time, error)) CollectorOption {
	return collectorOption(func(c *collecting) { c.since = oldest })
}

// Every is the pause between two collections of [Collector.Run]. The default is 24 hours.
func Every(d time.Duration) CollectorOption {
	return collectorOption(func(c *collecting) { c.every = d })
}

// Memory is how many bytes the set of references takes, whatever their number. With fewer than 10 bits for each reference more objects stay for
// another collection. The default is 32 MiB, which is good for 25 million.
func Memory(bytes int) CollectorOption {
	return collectorOption(func(c *collecting) { c.memory = bytes })
}

// DryRun deletes nothing, and writes nothing: it says what would be deleted.
func DryRun() CollectorOption { return collectorOption(func(c *collecting) { c.dry = true }) }

// Pace bounds how many records are read and how many objects are deleted a second; 0 is no bound. The default is none for records, and 500 objects.
func Pace(records, objects int) CollectorOption {
	return collectorOption(func(c *collecting) { c.reads, c.deletes = records, objects })
}

// Progress is called now and then with what was done so far.
func Progress(report func(Collection)) CollectorOption {
	return collectorOption(func(c *collecting) { c.progress = report })
}

// Logger takes what a collector says. The default is nobody.
func Logger(l *slog.Logger) CollectorOption {
	return collectorOption(func(c *collecting) { c.logger = l })
}

// Metrics take what the collections found: see the package's text.
func Metrics(provider metric.MeterProvider) CollectorOption {
	return collectorOption(func(c *collecting) { c.provider = provider })
}

// Collector deletes payloads that no record refers to any more.
type Collector struct {
	collecting

	bus    *bus.Bus
	store  Store
	topics []bus.Topic
	meters *meters
}

const (
	defaultGrace  = 7 * 24 * time.Hour
	defaultEvery  = 24 * time.Hour
	defaultMemory = 32 << 20
	defaultPace   = 500
)

// NewCollector makes a collector of the payloads of these topics, which are the places of codecs. Objects of other topics are not looked at.
func NewCollector(b *bus.Bus, store Store, topics []bus.Topic, opts ...CollectorOption) (*Collector, error) {
	c := &Collector{bus: b, store: store, topics: slices.Compact(slices.Sorted(slices.Values(topics))), collecting: collecting{
		endings: []string{".retry", ".dlq", ".changelog"}, // of the topics that groups make: what waits, what failed, and tables
		grace:   defaultGrace, every: defaultEvery, memory: defaultMemory, deletes: defaultPace,
		progress: func(Collection) {}, logger: slog.New(slog.DiscardHandler), provider: noop.NewMeterProvider(),
	}}
	for _, opt := range opts {
		opt.applyCollector(&c.collecting)
	}
	switch {
	case b == nil || store == nil || len(c.topics) == 0:
		return nil, errors.New("claimcheck: a collector needs a bus, a store and a topic at least")
	case c.grace <= 0 || c.every <= 0 || c.memory <= 0 || c.reads < 0 || c.deletes < 0:
		return nil, errors.New("claimcheck: grace, pause and memory of a collector must be positive, and its pace not negative")
	case c.progress == nil || c.logger == nil || c.provider == nil:
		return nil, errors.New("claimcheck: progress, logger and metrics of a collector must not be nil")
	}
	var err error
	c.meters, err = newMeters(c.provider)
	return c, err
}

// Run collects now and then until ctx ends, and returns nil then. It is for a singleton, such as partitions.Singleton runs; two at a time do no
// harm. A collection that fails has deleted nothing that a record refers to; it is logged, counted and made again after a minute or more.
func (c *Collector) Run(ctx context.Context) error {
	again := resilience.RetryPolicy{Initial: time.Minute, Max: time.Hour, Multiplier: 2, Jitter: 0.5}
	for failed := 0; ctx.Err() == nil; {
		pause := c.every
		done, err := c.Collect(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // it is the end that was asked for
		case err != nil:
			failed++
			pause = min(again.Delay(failed), c.every)
			c.logger.ErrorContext(ctx, "claimcheck: collection failed; it is made again", "after", pause, "error", err)
		default:
			failed = 0
			c.logger.InfoContext(ctx, "claimcheck: collected", "collection", done)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// Collect looks for references in all records that the topics keep, and deletes the objects that are old enough and have none. Where a topic or the
// store cannot be read to the end, nothing is deleted. An interrupted collection may simply be made again.
func (c *Collector) Collect(ctx context.Context) (Collection, error) {
	run := &collection{Collector: c}
	err := run.do(ctx)
	if !c.dry {
		c.meters.collected(ctx, run.Collection, err)
	}
	if err != nil {
		return run.Collection, fmt.Errorf("claimcheck: collect: %w", err)
	}
	return run.Collection, nil
}
