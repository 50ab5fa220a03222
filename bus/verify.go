package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

const defaultPartitions = 6

// Verify makes the cluster ready for the contracts, and refuses what would break others, before anything is published.
// Call it once when a process starts. In this order it
//
//   - checks every definition,
//   - compares every schema with those that are registered, of all versions, and returns an [IncompatibleError] for
//     each change that consumers or stored events would not survive,
//   - creates the topics that are missing, and refuses one whose partition count is not the stated one,
//   - registers the schemas that are new.
//
// A changed schema needs a higher [Version]. A process that is older than the newest version may still start.
func (b *Bus) Verify(ctx context.Context, defs ...Definition) error {
	contracts := make([]*Contract, len(defs))
	var errs []error
	byName := make(map[string]*Contract)
	for i, def := range defs {
		contracts[i] = def.Contract()
		errs = append(errs, contracts[i].err)
		if other := byName[contracts[i].name]; other != nil && other != contracts[i] {
			errs = append(errs, fmt.Errorf("%w: %s is defined twice", ErrContract, contracts[i].name))
		}
		byName[contracts[i].name] = contracts[i]
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("bus: verify: %w", err)
	}
	known, err := b.readRegistry(ctx)
	if err != nil {
		return fmt.Errorf("bus: verify: %w", err)
	}
	for _, c := range contracts {
		errs = append(errs, known.check(c))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("bus: verify: %w", err)
	}
	if err := b.ensureTopics(ctx, contracts); err != nil {
		return fmt.Errorf("bus: verify: %w", err)
	}
	if err := b.register(ctx, known, contracts); err != nil {
		return fmt.Errorf("bus: verify: %w", err)
	}
	return nil
}

// ensureTopics creates what is missing. Contracts that share a topic must not contradict each other.
func (b *Bus) ensureTopics(ctx context.Context, contracts []*Contract) error {
	specs := make(map[Topic]TopicSpec)
	stated := make(map[Topic]int)
	var errs []error
	for _, c := range contracts {
		if before := stated[c.topic]; before != 0 && c.partitions != 0 && before != c.partitions {
			errs = append(errs, fmt.Errorf("%w: %s states %d partitions for %s, another contract %d", ErrContract, c.name, c.partitions, c.topic, before))
		}
		stated[c.topic] = max(stated[c.topic], c.partitions)
		spec := TopicSpec{Name: c.topic, Partitions: defaultPartitions, Replicas: c.replicas, Configs: topicConfigs(c)}
		if stated[c.topic] > 0 {
			spec.Partitions = stated[c.topic]
		}
		specs[c.topic] = spec
	}
	for topic, spec := range specs {
		if err := b.Create(ctx, spec); err != nil {
			errs = append(errs, err)
			continue
		}
		infos, err := b.Topics(ctx, topic)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if has := len(infos[0].Partitions); stated[topic] != 0 && has != stated[topic] {
			errs = append(errs, fmt.Errorf("%w: topic %s has %d partitions, and the contract states %d: change the contract, "+
				"or move the events to a new topic, since more partitions would break the order of keys", ErrContract, topic, has, stated[topic]))
		}
	}
	return errors.Join(errs...)
}

func topicConfigs(c *Contract) map[string]string {
	configs := make(map[string]string)
	switch {
	case c.retention < 0:
		configs["retention.ms"] = "-1"
	case c.retention > 0:
		configs["retention.ms"] = strconv.FormatInt(c.retention.Milliseconds(), 10)
	}
	switch {
	case c.compacted && c.retention > 0:
		configs["cleanup.policy"] = "compact,delete"
	case c.compacted:
		configs["cleanup.policy"] = "compact"
	}
	return configs
}
