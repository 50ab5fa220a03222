package integration_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// findings are what doctor says.
func findings(t *testing.T, args ...string) (all []finding) {
	t.Helper()
	doctor := exec.CommandContext(t.Context(), shared.binary.build(t), append([]string{"doctor", "--json"}, args...)...)
	doctor.Stderr = os.Stderr
	output, err := doctor.Output()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(output)) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

type finding struct {
	Severity, Server, Subject, Found, Change string
	Setting                                  bool
}

// TestDoctor has doctor look at real servers. Every rule must find its setting, and what needs several brokers is advice.
func TestDoctor(t *testing.T) {
	t.Parallel()
	settings := 0
	for _, f := range findings(t, "--kafka", shared.Kafka(t).URL, "--database", shared.Postgres(t).URL, "--redis", shared.Redis(t).URL) {
		if f.Severity == "unknown" || f.Severity != "ok" && f.Change == "" {
			t.Errorf("%+v", f)
		}
		if f.Server == "kafka" && f.Setting {
			settings++
			if f.Severity == "problem" {
				t.Errorf("a single broker for tests: %+v", f)
			}
		}
	}
	if settings < 15 {
		t.Errorf("doctor looked at %d settings of Kafka", settings)
	}
}
