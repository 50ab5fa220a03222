package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

const defaultPartitions = 6

// topicPlan is what the contracts of one topic state about it together. A setting that none states is zero.
type topicPlan struct {
	topic      Topic
	partitions int
	replicas   int
	retention  time.Duration
	compacted  bool
	by         map[string]*Contract
}

// Specs are the topics that the definitions ask for, sorted by name, each as [Bus.Verify] creates it where it is missing: with six partitions
// where no contract states a count. Definitions that are wrong or contradict each other give an error that matches [ErrContract].
func Specs(defs ...Definition) ([]TopicSpec, error) {
	contracts, err := contractsOf(defs)
	if err != nil {
		return nil, err
	}
	plans, err := agree(contracts)
	if err != nil {
		return nil, err
	}
	specs := make([]TopicSpec, len(plans))
	for i, plan := range plans {
		specs[i] = plan.spec()
	}
	return specs, nil
}

// agree puts together what contracts state about their topics, and refuses contradictions.
func agree(contracts []*Contract) ([]*topicPlan, error) {
	plans := make(map[Topic]*topicPlan)
	var errs []error
	for _, c := range contracts {
		plan := plans[c.topic]
		if plan == nil {
			plan = &topicPlan{topic: c.topic, compacted: c.compacted, by: map[string]*Contract{"cleanup": c}}
			plans[c.topic] = plan
		}
		errs = append(errs,
			state(plan, c, "partitions", &plan.partitions, c.partitions),
			state(plan, c, "replicas", &plan.replicas, c.replicas),
			state(plan, c, "retention", &plan.retention, c.retention))
		if plan.compacted != c.compacted {
			errs = append(errs, fmt.Errorf("%w: %s and %s share the topic %s, and only one of them is Compacted: "+
				"compaction would delete events of the other; give one a topic of its own with InTopic",
				ErrContract, plan.by["cleanup"].name, c.name, c.topic))
		}
	}
	sorted := slices.SortedFunc(maps.Values(plans), func(a, b *topicPlan) int { return cmp.Compare(a.topic, b.topic) })
	return sorted, errors.Join(errs...)
}

// state takes in one setting, where the contract states it.
func state[V comparable](plan *topicPlan, c *Contract, setting string, planned *V, stated V) error {
	var none V
	switch {
	case stated == none:
	case *planned == none:
		*planned, plan.by[setting] = stated, c
	case *planned != stated:
		return fmt.Errorf("%w: %s and %s share the topic %s and state different %s, %v and %v: state the same, or in one of them only",
			ErrContract, plan.by[setting].name, c.name, c.topic, setting, *planned, stated)
	}
	return nil
}

// ensureTopics creates what is missing, and warns of what is otherwise than stated.
func (b *Bus) ensureTopics(ctx context.Context, plans []*topicPlan) error {
	var errs []error
	for _, plan := range plans {
		if err := b.Create(ctx, plan.spec()); err != nil {
			errs = append(errs, err)
			continue
		}
		drifts, err := b.drift(ctx, settleLimit, plan)
		errs = append(errs, err)
		for _, drift := range drifts {
			if drift.Setting == settingPartitions {
				errs = append(errs, fmt.Errorf("%w: topic %s has %s partitions, and the contract %s states %s: change the contract, "+
					"or move the events to a new topic, since more partitions would break the order of keys",
					ErrContract, drift.Topic, drift.Actual, plan.by["partitions"].name, drift.Stated))
				continue
			}
			b.config.logger.WarnContext(ctx, "topic is not as its contract states",
				"topic", drift.Topic, "setting", drift.Setting, "stated", drift.Stated, "actual", drift.Actual)
		}
	}
	return errors.Join(errs...)
}

func (p *topicPlan) spec() TopicSpec {
	spec := TopicSpec{Name: p.topic, Partitions: p.partitions, Replicas: p.replicas, Configs: make(map[string]string)}
	if spec.Partitions == 0 {
		spec.Partitions = defaultPartitions
	}
	if p.retention != 0 {
		spec.Configs[settingRetention] = p.retentionMillis()
	}
	if p.compacted {
		spec.Configs[settingCleanup] = p.cleanup()
	}
	return spec
}

func (p *topicPlan) retentionMillis() string {
	if p.retention < 0 {
		return "-1"
	}
	return strconv.FormatInt(p.retention.Milliseconds(), 10)
}

// cleanup is the policy that the contracts ask for. Deleting is Kafka's default.
func (p *topicPlan) cleanup() string {
	switch {
	case p.compacted && p.retention > 0:
		return "compact,delete"
	case p.compacted:
		return "compact"
	}
	return "delete"
}
