package claimcheck

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/bus"
)

// places are the topics to read, as they are now.
func (r *collection) places(ctx context.Context) ([]bus.Topic, error) {
	wanted := map[bus.Topic]bool{}
	for _, topic := range slices.Concat(r.topics, r.also) {
		wanted[topic] = true
	}
	if _, err := r.bus.Topics(ctx, slices.Collect(maps.Keys(wanted))...); err != nil {
		return nil, err
	}
	all, err := r.bus.Topics(ctx)
	if err != nil {
		return nil, err
	}
	for _, info := range all {
		for _, end := range r.endings {
			if strings.HasSuffix(string(info.Name), end) {
				wanted[info.Name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(wanted)), nil
}

const (
	// leastRounds is how often all topics are read to their ends, and mostRounds how often while they let go of what was not read.
	leastRounds = 2
	mostRounds  = 10
)

// mark reads all topics from their beginnings to their ends, and then from there to where they end by then: an event that moved from a
// topic that was yet to be read to one that had been read is seen in the second round. One that moved twice, and whose first places were
// let go of meanwhile, might be in neither; so rounds are made until one has missed nothing that lived when it began. Transactions that are
// open when a topic is read are waited for.
func (r *collection) mark(ctx context.Context) error {
	read, pace := map[bus.Topic]map[bus.Partition]int64{}, newPace(r.reads)
	for round := 1; round <= mostRounds; round++ {
		missed, err := r.round(ctx, read, pace)
		if err != nil || !missed && round >= leastRounds {
			return err
		}
	}
	return fmt.Errorf("nothing is deleted: %w", errOutrun)
}

// errOutrun: topics lose records that were not read yet, again and again.
var errOutrun = errors.New("topics let go of records sooner than they are read: let them keep records for longer, or raise the pace")

// round reads all topics on. It has missed something where one has let go of records that were not read.
func (r *collection) round(ctx context.Context, read map[bus.Topic]map[bus.Partition]int64, pace *pace) (missed bool, err error) {
	topics, err := r.places(ctx)
	if err != nil {
		return false, err
	}
	r.Topics = len(topics)
	for _, topic := range topics {
		if read[topic] == nil {
			read[topic] = map[bus.Partition]int64{}
		}
		lacks, err := r.readOn(ctx, topic, read[topic], pace)
		if err != nil {
			return false, err
		}
		missed = missed || lacks
	}
	return missed, nil
}

// mostRestarts is how often the reading of a topic is begun anew where its retention has come past it.
const mostRestarts = 100

// readOn reads a topic from where it was read to before, and notes how far it came. A partition that was not read before is read from its
// beginning. A record that the topic lets go of meanwhile refers to nothing any more, and reading goes on behind it.
func (r *collection) readOn(ctx context.Context, topic bus.Topic, upTo map[bus.Partition]int64, pace *pace) (missed bool, err error) {
	for range mostRestarts {
		starts, errStarts := r.bus.Offsets(ctx, topic, bus.Earliest)
		if errStarts != nil {
			return missed, errStarts
		}
		gone := false
		for partition, start := range starts {
			if start > upTo[partition] {
				upTo[partition], gone = start, true
			}
		}
		missed = missed || gone
		if err != nil && !gone {
			return missed, err // the topic ends before what was read of it: it is another one
		}
		if err = r.read(ctx, topic, upTo, pace); !errors.Is(err, bus.ErrOffset) {
			return missed, err
		}
	}
	return missed, fmt.Errorf("nothing is deleted: %s: %w", topic, errOutrun)
}

// read reads a topic from there to its end.
func (r *collection) read(ctx context.Context, topic bus.Topic, upTo map[bus.Partition]int64, pace *pace) error {
	note := func(found id) {
		r.References++
		r.marks.add(found)
	}
	passed := bus.Passed(func(p bus.Partition, offset int64) { upTo[p] = offset + 1 })
	for record, err := range r.bus.Read(ctx, topic, bus.From(upTo), bus.UntilEnd(), passed) {
		if err != nil {
			return fmt.Errorf("nothing is deleted while a topic cannot be read: %w", err)
		}
		r.Records++
		ids(record.Value, note)
		ids(record.Key, note)
		for _, header := range record.Headers {
			ids(header.Value, note)
		}
		r.tell()
		if err := pace.wait(ctx, 1); err != nil {
			return err
		}
	}
	return ctx.Err() // the end of ctx ends the loop without an error
}
