package integration_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

// manifest is what tests read of a Strimzi resource in deploy/kubernetes/base. That it has no other fields is held in deploy/check.
type manifest struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	Spec struct {
		Partitions    int32             `yaml:"partitions"`
		Config        map[string]string `yaml:"config"`
		Authorization struct {
			ACLs []rule `yaml:"acls"`
		} `yaml:"authorization"`
	} `yaml:"spec"`
}

// rule is what a user may do with a resource.
type rule struct {
	Resource struct {
		Type        string `yaml:"type"`
		Name        string `yaml:"name"`
		PatternType string `yaml:"patternType"`
	} `yaml:"resource"`
	Operations []string `yaml:"operations"`
}

func manifests(t *testing.T, file string) (all []manifest) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "deploy", "kubernetes", "base", file))
	if err != nil {
		t.Fatal(err)
	}
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var m manifest
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
}
