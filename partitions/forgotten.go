package partitions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/bus"
)

// ErrOffsets is found in the error of [Group.Run] where the group's committed offsets are gone and its state is not.
var ErrOffsets = errors.New("partitions: the group's offsets are gone")

// begun refuses shards that have no committed offset in any input, but state: brokers forget a group's offsets when it has
// been empty for offsets.retention.minutes, and what is in the tables would be counted again.
//
// Where singletons are all that there is, nothing is read, and nothing can be counted again.
func (e *engine) begun(ctx context.Context, fetched []committed) error {
	if len(e.config.handlers) == 0 {
		return nil
	}
	known, unknown := make(map[*shard]bool), make(map[*shard]bool)
	for _, c := range fetched {
		if c.offset >= 0 {
			known[c.shard] = true
		} else {
			unknown[c.shard] = true
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	ends, err := e.changelogEnds(ctx)
	if err != nil {
		return err
	}
	for s := range unknown {
		if end, _ := ends.Lookup(e.changelog, s.id); known[s] || end.Offset == 0 {
			continue
		}
		if err := e.forgotten(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// forgotten looks for state of a shard, and asks for its offsets once more when there is some: an owner that works while
// this node only believes to own the shard commits both at once, and may have done so since they were asked for.
func (e *engine) forgotten(ctx context.Context, s *shard) error {
	for _, err := range e.bus.Read(ctx, bus.Topic(e.changelog), bus.Only(bus.Partition(s.id)), bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			return fmt.Errorf("look for state of shard %d: %w", s.id, err)
		}
		fetched, err := e.fetchOffsets(ctx, true, []*shard{s})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(fetched, func(c committed) bool { return c.offset >= 0 }) {
			return fmt.Errorf("shard %d: %w", s.id, errOvertaken)
		}
		return fmt.Errorf("%w: shard %d has state in %s and no committed offset in %v, as when the group was empty for longer than "+
			"the brokers' offsets.retention.minutes, or reads other topics now; records would be counted again: stop all nodes, and "+
			"begin anew with `%s`, or set the group's offsets (kafka-consumer-groups.sh --reset-offsets)",
			ErrOffsets, s.id, e.changelog, e.inputs, e.resetCommand())
	}
	return nil
}

// errOvertaken: another node has the shard.
var errOvertaken = errors.New("another node has committed for it meanwhile")

// resetCommand is what erases the group's state; [Reset] does the same.
func (e *engine) resetCommand() string {
	words := []string{"millrace shards reset", e.config.name}
	for _, input := range e.inputs {
		if input != e.config.commandTopic() {
			words = append(words, "--input", input)
		}
	}
	return strings.Join(words, " ")
}
