package bus

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
)

// Settings returns the named topics' settings as the brokers apply them, defaults included, by topic and setting.
// The credentials need the right to describe the topics' configuration, else the error matches [ErrDenied].
func (b *Bus) Settings(ctx context.Context, names ...Topic) (map[Topic]map[string]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	wanted := make([]string, len(names))
	for i, name := range names {
		wanted[i] = string(name)
	}
	described, err := b.admin.DescribeTopicConfigs(ctx, wanted...)
	if err != nil {
		return nil, fmt.Errorf("bus: settings: %w", readError(err))
	}
	settings := make(map[Topic]map[string]string, len(described))
	for _, topic := range described {
		if topic.Err != nil {
			return nil, fmt.Errorf("bus: settings of %s: %w", topic.Name, readError(topic.Err))
		}
		settings[Topic(topic.Name)] = settingValues(topic)
	}
	return settings, nil
}

func settingValues(topic kadm.ResourceConfig) map[string]string {
	found := make(map[string]string, len(topic.Configs))
	for _, config := range topic.Configs {
		if !config.Sensitive && config.Value != nil {
			found[config.Key] = *config.Value
		}
	}
	return found
}
