package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/pgtest"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	p := launch(t, nil, "--ephemeral").awaitReady(t)
	out, errs, code := command(t, "", "doctor", "--kafka", p.at(t, "kafka"), "--redis", "redis://"+p.at(t, "redis"), "--json")
	if code != 0 {
		t.Errorf("code %d: %s%s", code, out, errs)
	}
	for _, finding := range jsonLines[json.RawMessage](t, out) {
		if strings.Contains(string(finding), `"problem"`) {
			t.Errorf("%s", finding)
		}
	}
	// The test's own PostgreSQL runs without fsync, which doctor must find.
	out, errs, code = command(t, "", "doctor", "--kafka", p.at(t, "kafka"), "--database", pgtest.Open(t), "--json")
	problems := 0
	for _, f := range jsonLines[struct{ Severity, Subject, Change string }](t, out) {
		if f.Severity == "problem" {
			problems++
			if f.Subject != "fsync" || f.Change == "" {
				t.Errorf("%+v", f)
			}
		}
	}
	if code != 3 || problems != 1 || !strings.Contains(out, "wal_level") {
		t.Errorf("code %d: %s%s", code, out, errs)
	}
	out, _, code = command(t, "", "doctor", "--kafka", "127.0.0.1:1")
	if code != 3 || !strings.Contains(out, "problem") {
		t.Errorf("with no broker: %d\n%s", code, out)
	}
}
