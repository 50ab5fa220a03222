package main_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// outboxLine is a line of `millrace outbox --json`.
type outboxLine struct {
	Relay, Mode, State, Node string
	Lag                      *int64 `json:"lag_bytes"`
	Kept                     *int64 `json:"kept_bytes"`
	Published                string `json:"published_lsn"`
	WAL                      string `json:"wal_status"`
	Checkpoint               time.Time
	Problems                 []struct{ Found, Change string }
}

// standing waits until the one relay is said to be in the state, with the words for people or programs.
func (r *relays) standing(state, words string) outboxLine {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	for {
		out, errs, code := command(r.T, "", "outbox", "--kafka", r.kafka, "--database", r.database, "--json")
		if code != 0 {
			r.Fatal(errs)
		}
		lines := jsonLines[outboxLine](r.T, out)
		if len(lines) == 1 && lines[0].State == state && strings.Contains(out, words) {
			people, _, _ := command(r.T, "", "outbox", "--kafka", r.kafka, "--database", r.database)
			if !strings.HasPrefix(people, "RELAY ") || !strings.Contains(people, state) {
				r.Errorf("for people: %s", people)
			}
			return lines[0]
		}
		select {
		case <-ctx.Done():
			r.Fatalf("the relay does not become %s with %q: %s", state, words, out)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// await asks until the answer has the code and the words.
func await(t *testing.T, url string, code int, words string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	client := httpClient(t)
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode == code && strings.Contains(string(body), words) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s answers %d %s, want %d %s", url, answer.StatusCode, body, code, words)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestOutbox lists slots that no relay of the group knows, and one that something else has read.
func TestOutbox(t *testing.T) {
	t.Parallel()
	r := newRelays(t)
	list := func() (string, string) {
		out, errs, code := command(t, "", "outbox", "--kafka", r.kafka, "--database", r.database)
		if code != 0 {
			t.Fatal(errs)
		}
		return out, errs
	}
	if out, _ := list(); !strings.Contains(out, "millrace relay --migrate") {
		t.Errorf("with nothing there: %s", out)
	}
	execute := func(sql string) {
		t.Helper()
		if _, err := r.conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	execute("SELECT pg_create_logical_replication_slot('other', 'pgoutput')")
	if out, _ := list(); !strings.Contains(out, "unread") || !strings.Contains(out, "pg_drop_replication_slot('other')") {
		t.Errorf("with a slot that nobody reads: %s", out)
	}
	execute("SELECT pg_drop_replication_slot('other')")
	p, _ := r.start("--migrate")
	r.write(1)
	r.arrived()
	line := r.standing("working", "log")
	if line.Node == "" || line.Lag == nil || line.Kept == nil || line.WAL != "reserved" || line.Checkpoint.IsZero() || len(line.Problems) != 0 {
		t.Errorf("%+v", line)
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.write(1)
	for moved := false; !moved; { // as soon as nothing reads it
		if err := r.conn.QueryRow(t.Context(), "SELECT NOT active FROM pg_replication_slots").Scan(&moved); err != nil {
			t.Fatal(err)
		}
	}
	execute("SELECT pg_replication_slot_advance('millrace_outbox', pg_current_wal_lsn())")
	line = r.standing("stopped", "ahead of the checkpoint")
	if !strings.Contains(line.Problems[len(line.Problems)-1].Change, "--accept-gap "+line.Published) {
		t.Errorf("%+v", line.Problems)
	}
	if out, errs, code := command(t, "", "outbox", "--kafka", r.kafka); code != 0 || !strings.Contains(out, "stopped") ||
		!strings.Contains(errs, "--database") {
		t.Errorf("without a database: %d, %s%s", code, out, errs)
	}
}
