package main_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
)

// relays are processes of `millrace relay` on servers of the test's own.
type relays struct {
	*testing.T
	kafka, database string
	bus             *bus.Bus
	conn            *pgx.Conn
	written         []string
}

func newRelays(t *testing.T) *relays {
	t.Helper()
	r := &relays{T: t, kafka: bustest.Broker(t), database: pgtest.Open(t)}
	var err error
	if r.bus, err = bus.Open(t.Context(), r.kafka); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.bus.Close(); err != nil {
			t.Error(err)
		}
	})
	if r.conn, err = pgx.Connect(t.Context(), r.database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.conn.Close(t.Context()) }) // the server ends with the test
	if err := r.bus.Create(t.Context(), bus.TopicSpec{Name: "outbox.event.order", Partitions: 3}); err != nil {
		t.Fatal(err)
	}
	return r
}

// start returns a process that is ready, and its address.
func (r *relays) start(args ...string) (*process, string) {
	r.Helper()
	p := launch(r.T, func(cmd *exec.Cmd) {
		cmd.Args = append([]string{cmd.Path, "relay", "--http", "127.0.0.1:0"}, args...)
		cmd.Env = environment("KAFKA_URL="+r.kafka, "DATABASE_URL="+r.database)
	}).awaitReady(r.T)
	return p, "http://" + regexp.MustCompile(`msg=ready http=(\S+)`).FindStringSubmatch(p.output())[1]
}

// write commits n events of one aggregate.
func (r *relays) write(n int) {
	r.Helper()
	event := bus.Define("shop.order.placed", func(string) string { return "one" })
	err := pgx.BeginFunc(r.Context(), r.conn, func(tx pgx.Tx) error {
		for range n {
			text := fmt.Sprintf("%d", len(r.written))
			if err := outbox.In(tx).Publish(r.Context(), event.New(text)).Err(); err != nil {
				return err
			}
			r.written = append(r.written, fmt.Sprintf("%q", text))
		}
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
}

// arrived waits until as many records are on the topic as were written, which must be these, once and in order.
func (r *relays) arrived() {
	r.Helper()
	var got []string
	for record, err := range r.bus.Read(r.Context(), "outbox.event.order", bus.Earliest) {
		if err != nil {
			r.Fatal(err)
		}
		if got = append(got, string(record.Value)); len(got) == len(r.written) {
			break
		}
	}
	if !slices.Equal(got, r.written) {
		r.Fatalf("%d records are %s; want %s", len(got), got, r.written)
	}
}

// TestRelay runs two relays of one outbox: the one that works is killed, then the other one ends in good order.
func TestRelay(t *testing.T) {
	t.Parallel()
	r := newRelays(t)
	first, at := r.start("--migrate")
	r.write(3)
	r.arrived()
	second, other := r.start()
	for _, url := range []string{at, other} {
		await(t, url+"/readyz", http.StatusOK, `"status":"ok"`)
	}
	r.standing("working", "log")
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.write(3)
	r.arrived()
	await(t, other+"/livez", http.StatusOK, `"ok"`)
	if err := second.signal(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if output := second.output(); strings.Contains(output, "level=ERROR") {
		t.Error(output)
	}
	r.write(1)
	r.standing("stopped", "no node of the group")
	third, _ := r.start()
	r.arrived()
	if err := third.signal(t, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}

// TestRelayGap loses the slot: the relay stops before the gap, all commands say so, and it goes on when it is told to.
func TestRelayGap(t *testing.T) {
	t.Parallel()
	r := newRelays(t)
	p, _ := r.start("--migrate")
	r.write(1)
	r.arrived()
	if err := p.signal(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	r.standing("stopped", "start `millrace relay")
	if _, err := r.conn.Exec(t.Context(), "SELECT pg_drop_replication_slot('millrace_outbox')"); err != nil {
		t.Fatal(err)
	}
	p, at := r.start()
	await(t, at+"/readyz?verbose", http.StatusServiceUnavailable, "[-]relay fails (critical")
	if !strings.Contains(p.output(), "check=relay") || !strings.Contains(p.output(), "the slot is gone") {
		t.Error("the log does not say why")
	}
	line := r.standing("halted", "the slot is gone")
	if err := p.signal(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p, at = r.start("--accept-gap", line.Published)
	await(t, at+"/readyz", http.StatusOK, `"status":"ok"`)
	r.standing("working", "log")
	r.write(1)
	r.arrived()
	if err := p.signal(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// TestRelayPolled works without a slot.
func TestRelayPolled(t *testing.T) {
	t.Parallel()
	r := newRelays(t)
	p, _ := r.start("--polled", "--migrate", "--poll-every", "10ms")
	r.write(2)
	r.arrived()
	r.standing("working", "polled")
	if err := p.signal(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

func TestRelayMisuse(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "outbox.json")
	config := strings.ReplaceAll(read(t, "debezium-outbox.json"), `"slot.name": "millrace_outbox",`, "")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"set KAFKA_URL":         {"--kafka", ""},
		"leave --slot":          {"--polled", "--slot", "a"},
		"goes with --polled":    {"--poll-every", "1s"},
		"is no log position":    {"--accept-gap", "x"},
		"--slot and":            {"--connector", file},
		"no such file":          {"--connector", file + ".none"},
		"1 to 63 of":            {"--slot", "A b"},
		"must be of the form":   {"--database", "mysql://localhost"},
		"the name \"A\"":        {"--table", "A"},
		"must be host:port":     {"--http", "nowhere"},
		"no answer from":        {"--kafka", "127.0.0.1:1"},
		"wrong arguments; use:": {"shop"},
	} {
		args = append([]string{"relay", "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:1", "--database", "postgres://127.0.0.1:1/shop"}, args...)
		if _, errs, code := command(t, "", args...); code == 0 || !strings.Contains(errs, want) {
			t.Errorf("%v: %d, %s; want %s", args, code, errs, want)
		}
	}
}
