package main_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// TestManifests holds the connector of Kubernetes and the file for Kafka Connect together, and the relay's variables and
// what the command reads.
func TestManifests(t *testing.T) {
	t.Parallel()
	var connector struct{ Config map[string]string }
	if err := json.Unmarshal([]byte(read(t, "debezium-outbox.json")), &connector); err != nil {
		t.Fatal(err)
	}
	manifest := read(t, "../kubernetes/debezium.yaml")
	_, settings, _ := strings.Cut(manifest, "database.dbname")
	for name, value := range connector.Config {
		line := "\n    " + name + ": \"" + strings.ReplaceAll(value, `\`, `\\`) + "\"\n"
		switch name {
		case "connector.class":
			line = "\n  class: " + value + "\n"
		case "tasks.max":
			line = "\n  tasksMax: " + value + "\n"
		}
		if !strings.Contains(manifest, line) {
			t.Errorf("debezium.yaml lacks%s", line)
		}
	}
	if lines := strings.Count(settings, ": \""); lines != len(connector.Config)-2 {
		t.Errorf("debezium.yaml has %d settings, and debezium-outbox.json %d", lines, len(connector.Config)-2)
	}
	help, _, _ := command(t, "", "relay", "--help")
	found := regexp.MustCompile(`\b(OUTBOX_[A-Z_]+|HTTP_ADDRESS)\b`).FindAllString(read(t, "../kubernetes/base/relay.yaml"), -1)
	if len(found) < 4 {
		t.Errorf("relay.yaml sets %s", found)
	}
	for _, variable := range found {
		if !strings.Contains(help, "("+variable) {
			t.Errorf("relay.yaml sets %s, which the relay does not read", variable)
		}
	}
}
