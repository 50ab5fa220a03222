package integration_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestDoctor has doctor look at real servers. Every rule must find its setting, and what needs several brokers is advice.
func TestDoctor(t *testing.T) {
	t.Parallel()
	doctor := exec.CommandContext(t.Context(), shared.binary.build(t), "doctor", "--json", "--kafka", shared.Kafka(t).URL,
		"--database", shared.Postgres(t).URL, "--redis", shared.Redis(t).URL)
	doctor.Stderr = os.Stderr
	output, err := doctor.Output()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	settings := 0
	for line := range strings.Lines(string(output)) {
		var f struct {
			Severity, Server, Subject, Change string
			Setting                           bool
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		if f.Severity == "unknown" || f.Severity != "ok" && f.Change == "" {
			t.Errorf("%s", line)
		}
		if f.Server == "kafka" && f.Setting {
			settings++
			if f.Severity == "problem" {
				t.Errorf("a single broker for tests: %s", line)
			}
		}
	}
	if settings < 15 {
		t.Errorf("doctor looked at %d settings of Kafka", settings)
	}
}
