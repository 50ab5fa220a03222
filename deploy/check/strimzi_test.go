package check_test

import (
	"encoding/json"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// custom is what all of Strimzi's begin with.
type custom struct {
	metav1.TypeMeta `json:",inline"`

	Metadata metav1.ObjectMeta `json:"metadata"`
}

type kafkaTopic struct {
	custom

	Spec struct {
		TopicName  string                     `json:"topicName"`
		Partitions int32                      `json:"partitions"`
		Replicas   int32                      `json:"replicas"`
		Config     map[string]json.RawMessage `json:"config"`
	} `json:"spec"`
}

type kafkaUser struct {
	custom

	Spec struct {
		UserName       string `json:"userName"`
		Authentication *struct {
			Type     string `json:"type"`
			Password *struct {
				ValueFrom struct {
					SecretKeyRef struct {
						Name     string `json:"name"`
						Key      string `json:"key"`
						Optional bool   `json:"optional"`
					} `json:"secretKeyRef"`
				} `json:"valueFrom"`
			} `json:"password"`
		} `json:"authentication"`
		Authorization *struct {
			Type string     `json:"type"`
			ACLs []kafkaACL `json:"acls"`
		} `json:"authorization"`
		Quotas *struct {
			ProducerByteRate       *int64   `json:"producerByteRate"`
			ConsumerByteRate       *int64   `json:"consumerByteRate"`
			RequestPercentage      *int64   `json:"requestPercentage"`
			ControllerMutationRate *float64 `json:"controllerMutationRate"`
		} `json:"quotas"`
		Template *struct {
			Secret *struct {
				Metadata *struct {
					Labels      map[string]string `json:"labels"`
					Annotations map[string]string `json:"annotations"`
				} `json:"metadata"`
			} `json:"secret"`
		} `json:"template"`
	} `json:"spec"`
}

type kafkaACL struct {
	Type     string `json:"type"`
	Resource struct {
		Type        string `json:"type"`
		Name        string `json:"name"`
		PatternType string `json:"patternType"`
	} `json:"resource"`
	Host       string   `json:"host"`
	Operations []string `json:"operations"`
}

type kafkaConnector struct {
	custom

	Spec struct {
		Class        string                     `json:"class"`
		TasksMax     int32                      `json:"tasksMax"`
		Version      string                     `json:"version"`
		Config       map[string]json.RawMessage `json:"config"`
		State        string                     `json:"state"`
		AutoRestart  json.RawMessage            `json:"autoRestart"`
		ListOffsets  json.RawMessage            `json:"listOffsets"`
		AlterOffsets json.RawMessage            `json:"alterOffsets"`
	} `json:"spec"`
}

type kafkaConnect struct {
	custom

	Spec struct {
		Version             string                     `json:"version"`
		Replicas            int32                      `json:"replicas"`
		Image               string                     `json:"image"`
		BootstrapServers    string                     `json:"bootstrapServers"`
		GroupID             string                     `json:"groupId"`
		ConfigStorageTopic  string                     `json:"configStorageTopic"`
		OffsetStorageTopic  string                     `json:"offsetStorageTopic"`
		StatusStorageTopic  string                     `json:"statusStorageTopic"`
		TLS                 json.RawMessage            `json:"tls"`
		Authentication      json.RawMessage            `json:"authentication"`
		Config              map[string]json.RawMessage `json:"config"`
		Resources           json.RawMessage            `json:"resources"`
		LivenessProbe       json.RawMessage            `json:"livenessProbe"`
		ReadinessProbe      json.RawMessage            `json:"readinessProbe"`
		JVMOptions          json.RawMessage            `json:"jvmOptions"`
		JMXOptions          json.RawMessage            `json:"jmxOptions"`
		Logging             json.RawMessage            `json:"logging"`
		ClientRackInitImage string                     `json:"clientRackInitImage"`
		Rack                json.RawMessage            `json:"rack"`
		MetricsConfig       json.RawMessage            `json:"metricsConfig"`
		Tracing             json.RawMessage            `json:"tracing"`
		Template            json.RawMessage            `json:"template"`
		Build               json.RawMessage            `json:"build"`
		Plugins             json.RawMessage            `json:"plugins"`
	} `json:"spec"`
}

// hold checks what the schema says of values.
func (u *kafkaUser) hold(t *testing.T) {
	t.Helper()
	if u.Spec.Authentication == nil || u.Spec.Authentication.Type != "scram-sha-512" || u.Spec.Authorization == nil ||
		u.Spec.Authorization.Type != "simple" {
		t.Errorf("user %s: %+v", u.Metadata.Name, u.Spec)
		return
	}
	operations := []string{"Read", "Write", "Create", "Delete", "Alter", "Describe", "AlterConfigs", "DescribeConfigs", "IdempotentWrite", "All"}
	for _, acl := range u.Spec.Authorization.ACLs {
		r := acl.Resource
		if !slices.Contains([]string{"topic", "group", "cluster", "transactionalId"}, r.Type) ||
			!slices.Contains([]string{"literal", "prefix"}, r.PatternType) ||
			r.Name == "" || r.Name == "*" || len(acl.Operations) == 0 {
			t.Errorf("user %s: %+v", u.Metadata.Name, acl)
		}
		for _, operation := range acl.Operations {
			if !slices.Contains(operations, operation) || operation == "All" {
				t.Errorf("user %s: operation %s", u.Metadata.Name, operation)
			}
		}
	}
	if u.Metadata.Labels["strimzi.io/cluster"] == "" {
		t.Errorf("user %s is of no cluster", u.Metadata.Name)
	}
}

// hold checks what production needs of a topic.
func (k *kafkaTopic) hold(t *testing.T) {
	t.Helper()
	if k.Spec.Partitions < 1 || k.Spec.Replicas != 3 || string(k.Spec.Config["min.insync.replicas"]) != "2" ||
		k.Metadata.Labels["strimzi.io/cluster"] == "" {
		t.Errorf("topic %s: %+v", k.Metadata.Name, k.Spec)
	}
}
