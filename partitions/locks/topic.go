package locks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// create makes the topic where it is missing, and looks at the one that there is.
func (m *Manager) create(ctx context.Context) error {
	spec := bus.TopicSpec{Name: m.topic, Partitions: 1, Replicas: m.settings.replicas, Configs: map[string]string{
		"cleanup.policy": "delete", "retention.ms": "604800000", "retention.bytes": "-1", "segment.ms": "86400000",
		"unclean.leader.election.enable": "false",
	}}
	policy := resilience.RetryPolicy{Attempts: 1 << 20, Initial: 100 * time.Millisecond, Max: 5 * time.Second, Multiplier: 2, Jitter: 0.5}
	return resilience.Do(ctx, policy, func(ctx context.Context) error {
		err := m.inspect(ctx, spec)
		for _, final := range []error{ErrTopic, bus.ErrClosed, bus.ErrDenied} {
			if errors.Is(err, final) {
				return resilience.Permanent(err)
			}
		}
		if err != nil {
			m.settings.logger.WarnContext(ctx, "the topic of the locks is not ready", "topic", m.topic, "error", err)
		}
		return resilience.Transient(err)
	})
}

func (m *Manager) inspect(ctx context.Context, spec bus.TopicSpec) error {
	if err := m.bus.Create(ctx, spec); err != nil {
		return err
	}
	infos, err := m.bus.Topics(ctx, m.topic)
	if err != nil {
		return err
	}
	if n := len(infos[0].Partitions); n != 1 {
		return fmt.Errorf("%w %s has %d partitions; the order of one decides", ErrTopic, m.topic, n)
	}
	configs, err := m.bus.Settings(ctx, m.topic)
	if err != nil {
		m.settings.logger.WarnContext(ctx, "the topic's settings cannot be looked at", "topic", m.topic, "error", err)
		return nil
	}
	if policy := configs[m.topic]["cleanup.policy"]; policy != "" && policy != "delete" {
		return fmt.Errorf("%w %s has cleanup.policy=%s; compaction would drop records that decide", ErrTopic, m.topic, policy)
	}
	return nil
}
