package check_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// kinds are what manifests may be of, each as a new value to decode into.
func kinds() map[string]func() any {
	return map[string]func() any{
		"apps/v1 Deployment":                            func() any { return &appsv1.Deployment{} },
		"autoscaling/v2 HorizontalPodAutoscaler":        func() any { return &autoscalingv2.HorizontalPodAutoscaler{} },
		"networking.k8s.io/v1 NetworkPolicy":            func() any { return &networkingv1.NetworkPolicy{} },
		"policy/v1 PodDisruptionBudget":                 func() any { return &policyv1.PodDisruptionBudget{} },
		"v1 Service":                                    func() any { return &corev1.Service{} },
		"v1 ServiceAccount":                             func() any { return &corev1.ServiceAccount{} },
		"kafka.strimzi.io/v1 KafkaTopic":                func() any { return &kafkaTopic{} },
		"kafka.strimzi.io/v1 KafkaUser":                 func() any { return &kafkaUser{} },
		"kafka.strimzi.io/v1 KafkaConnect":              func() any { return &kafkaConnect{} },
		"kafka.strimzi.io/v1 KafkaConnector":            func() any { return &kafkaConnector{} },
		"kustomize.config.k8s.io/v1beta1 Kustomization": func() any { return &types.Kustomization{} },
	}
}

// documents are the parts of a text of YAML.
func documents(t *testing.T, text []byte) (all [][]byte) {
	t.Helper()
	for reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(bytes.TrimSpace(document)) > 0 {
			all = append(all, document)
		}
	}
}

// decode takes a document for what it says it is, and refuses fields that this does not have.
func decode(t *testing.T, where string, document []byte) any {
	t.Helper()
	var about struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := yaml.Unmarshal(document, &about); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	build, known := kinds()[about.APIVersion+" "+about.Kind]
	if !known {
		t.Errorf("%s: %s %s is not known here", where, about.APIVersion, about.Kind)
		return nil
	}
	object := build()
	if err := yaml.UnmarshalStrict(document, object); err != nil {
		t.Errorf("%s: %s: %v", where, about.Kind, err)
	}
	return object
}

// manifests are the decoded documents of all YAML files in a folder of deploy/kubernetes and below.
func manifests(t *testing.T, folder string) (all []any) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", "kubernetes", folder), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, document := range documents(t, text) {
			if object := decode(t, path, document); object != nil {
				all = append(all, object)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestManifests decodes all of them, and looks for what they name: the Secrets of users, and the labels of pods.
func TestManifests(t *testing.T) {
	t.Parallel()
	all := manifests(t, ".")
	if err := yaml.UnmarshalStrict([]byte("spec: {replica: 1}"), &appsv1.Deployment{}); err == nil {
		t.Error("a field that is not there is passed over")
	}
	if len(all) < 35 {
		t.Errorf("%d manifests", len(all))
	}
	users, pods := map[string]bool{}, map[string]bool{}
	for _, object := range all {
		switch o := object.(type) {
		case *kafkaUser:
			users[o.Metadata.Name] = true
			o.hold(t)
		case *kafkaTopic:
			o.hold(t)
		case *appsv1.Deployment:
			pods[o.Name] = true
		}
	}
	for _, object := range all {
		switch o := object.(type) {
		case *appsv1.Deployment:
			for _, variable := range o.Spec.Template.Spec.Containers[0].Env {
				if from := variable.ValueFrom; from != nil && strings.HasSuffix(from.SecretKeyRef.Name, "-kafka") && !users[from.SecretKeyRef.Name] {
					t.Errorf("%s names the user %s, which is in no manifest", o.Name, from.SecretKeyRef.Name)
				}
			}
		case *autoscalingv2.HorizontalPodAutoscaler:
			if !pods[o.Spec.ScaleTargetRef.Name] {
				t.Errorf("%s scales %s, which is in no manifest", o.Name, o.Spec.ScaleTargetRef.Name)
			}
		case *policyv1.PodDisruptionBudget:
			if !pods[o.Spec.Selector.MatchLabels["app.kubernetes.io/name"]] {
				t.Errorf("%s is of no pods", o.Name)
			}
		case *corev1.Service:
			if !pods[o.Spec.Selector["app.kubernetes.io/name"]] {
				t.Errorf("%s is of no pods", o.Name)
			}
		}
	}
}
