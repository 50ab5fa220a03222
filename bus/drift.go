package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// The settings that a [Drift] names, as Kafka spells them.
const (
	settingPartitions = "partitions"
	settingReplicas   = "replication.factor"
	settingRetention  = "retention.ms"
	settingCleanup    = "cleanup.policy"
)

// Drift is a setting of an existing topic that is not what the contracts state: "partitions", "replication.factor",
// "retention.ms" or "cleanup.policy". Stated and Actual are in Kafka's own spelling.
type Drift struct {
	Topic   Topic
	Setting string
	Stated  string
	Actual  string
}

// Drift lists where the topics of contracts are otherwise than stated; a topic that does not exist has none. Settings
// that no contract states are not compared, but for a topic that is compacted unasked, which loses events.
func (b *Bus) Drift(ctx context.Context, defs ...Definition) ([]Drift, error) {
	contracts, err := contractsOf(defs)
	if err != nil {
		return nil, fmt.Errorf("bus: drift: %w", err)
	}
	plans, err := agree(contracts)
	if err != nil {
		return nil, fmt.Errorf("bus: drift: %w", err)
	}
	var drifts []Drift
	for _, plan := range plans {
		found, err := b.drift(ctx, 0, plan)
		if err != nil && !errors.Is(err, ErrNoTopic) {
			return nil, fmt.Errorf("bus: drift: %w", err)
		}
		drifts = append(drifts, found...)
	}
	return drifts, nil
}

func (b *Bus) drift(ctx context.Context, patience time.Duration, plan *topicPlan) ([]Drift, error) {
	infos, err := b.topics(ctx, patience, plan.topic)
	if err != nil {
		return nil, err
	}
	var drifts []Drift
	note := func(setting, stated, actual string) {
		drifts = append(drifts, Drift{Topic: plan.topic, Setting: setting, Stated: stated, Actual: actual})
	}
	partitions := infos[0].Partitions
	if has := len(partitions); plan.partitions != 0 && has != plan.partitions {
		note(settingPartitions, strconv.Itoa(plan.partitions), strconv.Itoa(has))
	}
	if len(partitions) > 0 && plan.replicas != 0 && partitions[0].Replicas != plan.replicas {
		note(settingReplicas, strconv.Itoa(plan.replicas), strconv.Itoa(partitions[0].Replicas))
	}
	configs, err := b.topicConfigs(ctx, patience, plan.topic)
	if err != nil {
		return drifts, err
	}
	if actual, told := configs[settingRetention]; told && plan.retention != 0 && actual != plan.retentionMillis() {
		note(settingRetention, plan.retentionMillis(), actual)
	}
	if actual, told := configs[settingCleanup]; told && policy(actual) != policy(plan.cleanup()) {
		note(settingCleanup, plan.cleanup(), actual)
	}
	return drifts, nil
}

// policy is a cleanup policy with its parts in order.
func policy(text string) string {
	parts := strings.Split(text, ",")
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// topicConfigs are the topic's settings. Who may not see them gets none.
func (b *Bus) topicConfigs(ctx context.Context, patience time.Duration, topic Topic) (map[string]string, error) {
	answer, err := settle(ctx, patience, func(ctx context.Context) (kadm.ResourceConfig, error) {
		answers, err := b.admin.DescribeTopicConfigs(ctx, string(topic))
		if err != nil {
			return kadm.ResourceConfig{}, err //nolint:wrapcheck // wrapped below
		}
		answer, err := answers.On(string(topic), nil)
		return answer, cmp.Or(err, answer.Err)
	})
	if errors.Is(err, kerr.TopicAuthorizationFailed) || errors.Is(err, kerr.ClusterAuthorizationFailed) {
		b.config.logger.InfoContext(ctx, "topic settings are not compared: no permission to describe them", "topic", topic)
		return nil, nil //nolint:nilnil // nothing is known
	}
	if err != nil {
		return nil, fmt.Errorf("bus: settings of topic %s: %w", topic, readError(err))
	}
	configs := make(map[string]string, len(answer.Configs))
	for _, config := range answer.Configs {
		configs[config.Key] = config.MaybeValue()
	}
	return configs, nil
}
