package claimcheck

import (
	"context"
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

// mark reads all topics from their beginnings to their ends, and then from there to where they end by then: an event that moved from a topic that was
// yet to be read to one that had been read is seen in the second round. Transactions that are open when a topic is read are waited for.
func (r *collection) mark(ctx context.Context) error {
	read, pace := map[bus.Topic]map[bus.Partition]int64{}, newPace(r.reads)
	for range 2 {
		topics, err := r.places(ctx)
		if err != nil {
			return err
		}
		r.Topics = len(topics)
		for _, topic := range topics {
			if read[topic] == nil {
				read[topic] = map[bus.Partition]int64{}
			}
			if err := r.readOn(ctx, topic, read[topic], pace); err != nil {
				return err
			}
		}
	}
	return nil
}

// readOn reads a topic from where it was read to before, and notes how far it came. A partition that was not read before is read from its beginning.
func (r *collection) readOn(ctx context.Context, topic bus.Topic, upTo map[bus.Partition]int64, pace *pace) error {
	starts, err := r.bus.Offsets(ctx, topic, bus.Earliest)
	if err != nil {
		return err
	}
	for partition, start := range starts {
		upTo[partition] = max(upTo[partition], start)
	}
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
