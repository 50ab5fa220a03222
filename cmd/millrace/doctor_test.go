package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
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

// TestDoctorOutbox finds tables that no relay sees, publications of too much, and slots that nobody reads.
func TestDoctorOutbox(t *testing.T) {
	t.Parallel()
	r := newRelays(t)
	doctor := func() (subjects map[string]string) {
		t.Helper()
		subjects = map[string]string{}
		out, _, _ := command(t, "", "doctor", "--kafka", r.kafka, "--database", r.database, "--json")
		for _, f := range jsonLines[finding](t, out) {
			subjects[f.Subject] = f.Severity + ": " + f.Found + ": " + f.Change
		}
		return subjects
	}
	if err := outbox.Migrate(t.Context(), r.conn); err != nil {
		t.Fatal(err)
	}
	found := doctor()
	for subject, want := range map[string]string{
		"publication millrace_outbox of public.outboxevent": "ok: insert",
		"slot millrace_outbox":                              "advice: not active",
		"free connections for readers of the log":           "ok",
		"logical_decoding_work_mem":                         "ok",
		"idle_replication_slot_timeout":                     "ok",
	} {
		if !strings.HasPrefix(found[subject], want) {
			t.Errorf("%s is %q, want %s", subject, found[subject], want)
		}
	}
	_, err := r.conn.Exec(t.Context(), "CREATE TABLE other (LIKE outboxevent); ALTER PUBLICATION millrace_outbox SET (publish = 'insert, delete')")
	if err != nil {
		t.Fatal(err)
	}
	found = doctor()
	for subject, want := range map[string]string{
		"publication millrace_outbox of public.outboxevent": "advice: insert, delete: ALTER PUBLICATION",
		"publication of public.other":                       "problem: none",
	} {
		if !strings.HasPrefix(found[subject], want) {
			t.Errorf("%s is %q, want %s", subject, found[subject], want)
		}
	}
}
