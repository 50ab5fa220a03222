package partitions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/millrace/millrace/bus"
)

// look finds the group's inputs and its own topics, and checks that a run could begin with them.
func (r *reset) look(ctx context.Context, fetched kadm.OffsetResponses) error {
	names := slices.Clone(r.given)
	if len(names) == 0 {
		for topic := range fetched {
			names = append(names, topic)
		}
	}
	own := []string{r.names.changelog(), r.names.commandTopic(), r.names.answerTopic()}
	details, err := r.admin.ListTopics(ctx, slices.Concat(names, own)...)
	if err != nil {
		return fmt.Errorf("look at its topics: %w", err)
	}
	r.own = make(map[string]int)
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(names, r.names.commandTopic())))) {
		detail, given := details[name], slices.Contains(r.given, name)
		switch n := len(detail.Partitions); {
		case errors.Is(detail.Err, kerr.UnknownTopicOrPartition) && !given:
			continue // it reads it no more
		case detail.Err != nil:
			return fmt.Errorf("look at %s: %w", name, detail.Err)
		case name == r.names.commandTopic():
		case r.count != 0 && r.count != n:
			return fmt.Errorf("%w: the inputs %v must have the same number of partitions; name those that the group reads", ErrTopics, names)
		default:
			r.count = n
		}
		r.erased.Inputs = append(r.erased.Inputs, bus.Topic(name))
	}
	for _, name := range own {
		if n := len(details[name].Partitions); n > 0 {
			r.own[name] = n
		}
	}
	return r.fits()
}

func (r *reset) fits() error {
	changelog, commands := r.names.changelog(), r.names.commandTopic()
	if len(r.erased.Inputs) == 0 {
		return fmt.Errorf("%w: name the topics that it reads, if it is a partition group", ErrOffsets)
	}
	if r.own[changelog] == 0 {
		return fmt.Errorf("%w: there is no %s, so that it keeps no state", bus.ErrNoTopic, changelog)
	}
	if r.count == 0 {
		r.count = r.own[commands]
	}
	for name, n := range r.own {
		if n > r.count {
			return fmt.Errorf("%w: %s has %d partitions and the inputs have %d; delete it and the group makes it anew, with fencing "+
				"tokens that begin at 0 again", ErrTopics, name, n, r.count)
		}
	}
	return nil
}

// grow gives the group's own topics as many partitions as its inputs have.
func (r *reset) grow(ctx context.Context) error {
	for name, n := range r.own {
		if n == r.count {
			continue
		}
		grown, err := r.admin.UpdatePartitions(ctx, r.count, name)
		if err == nil {
			err = grown.Error()
		}
		if err != nil {
			return fmt.Errorf("give %s %d partitions: %w", name, r.count, err)
		}
		for n < r.count {
			wait(ctx, grownCheck)
			details, err := r.admin.ListTopics(ctx, name)
			if err = errors.Join(err, ctx.Err()); err != nil {
				return fmt.Errorf("look at %s: %w", name, err)
			}
			n = len(details[name].Partitions)
		}
	}
	return nil
}

const grownCheck = 50 * time.Millisecond

// commit sets where the group begins. The coordinator refuses it while the group has members.
func (r *reset) commit(ctx context.Context) error {
	var inputs []string
	for _, topic := range r.erased.Inputs {
		inputs = append(inputs, string(topic))
	}
	offsets := make(kadm.Offsets)
	for attempt := 1; ; attempt++ {
		list := r.admin.ListStartOffsets
		if r.start == bus.Latest {
			list = r.admin.ListEndOffsets
		}
		listed, err := list(ctx, inputs...)
		if err == nil {
			err = listed.Error()
		}
		if err == nil {
			listed.Each(func(o kadm.ListedOffset) { offsets.AddOffset(o.Topic, o.Partition, o.Offset, -1) })
			break
		}
		if !kerr.IsRetriable(err) || attempt == 20 || ctx.Err() != nil {
			return fmt.Errorf("where its inputs begin: %w", err)
		}
		wait(ctx, again(attempt))
	}
	err := r.admin.CommitAllOffsets(ctx, r.names.name, offsets)
	if errors.Is(err, kerr.UnknownMemberID) {
		return fmt.Errorf("%w: one has joined before the end; stop it and reset again", ErrMembers)
	}
	return missing(err != nil, "set where it begins: %w", err)
}
