package asyncapi

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/millrace/millrace/bus"
)

// bindingVersion is the version of AsyncAPI's Kafka bindings that the document is written in.
const bindingVersion = "0.5.0"

type bindings[B any] struct {
	Kafka B `json:"kafka"`
}

func kafka[B any](b B) bindings[B] { return bindings[B]{b} }

type channelBinding struct {
	Topic         bus.Topic      `json:"topic"`
	Partitions    int            `json:"partitions,omitempty"`
	Replicas      int            `json:"replicas,omitempty"`
	Configuration *configuration `json:"topicConfiguration,omitempty"`
	Version       string         `json:"bindingVersion"`
}

type configuration struct {
	Cleanup   []string `json:"cleanup.policy,omitempty"`
	Retention int64    `json:"retention.ms,omitempty"`
}

type operationBinding struct {
	Group   map[string]any `json:"groupId"`
	Version string         `json:"bindingVersion"`
}

type messageBinding struct {
	Key     map[string]any `json:"key"`
	Version string         `json:"bindingVersion"`
}

// bindingOf is what contracts state of a topic, without the partitions, which a spec has also where none states them.
func bindingOf(spec bus.TopicSpec) (channelBinding, error) {
	binding := channelBinding{Topic: spec.Name, Replicas: spec.Replicas, Version: bindingVersion}
	if len(spec.Configs) == 0 {
		return binding, nil
	}
	binding.Configuration = &configuration{}
	if policy := spec.Configs["cleanup.policy"]; policy != "" {
		binding.Configuration.Cleanup = strings.Split(policy, ",")
	}
	if retention := spec.Configs["retention.ms"]; retention != "" {
		millis, err := strconv.ParseInt(retention, 10, 64)
		if err != nil {
			return binding, fmt.Errorf("the retention of topic %s: %w", spec.Name, err)
		}
		binding.Configuration.Retention = millis
	}
	return binding, nil
}

// text is the schema of a text, of one alone where it is given.
func text(only ...string) map[string]any {
	schema := map[string]any{"type": "string"}
	if len(only) > 0 {
		schema["enum"] = only
	}
	return schema
}
