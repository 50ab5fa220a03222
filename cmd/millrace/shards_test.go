package main_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/partitions"
)

func TestShards(t *testing.T) {
	t.Parallel()
	at := bustest.Broker(t)
	b, err := bus.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "in", Partitions: 3}); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := command(t, "", "shards", "ledger", "--kafka", at); code == 0 || !strings.Contains(errs, "no node is in the partition group") {
		t.Errorf("without a group: %d, %s", code, errs)
	}
	g, err := partitions.New(b, "ledger", partitions.NodeID("one"), partitions.Advertise("127.0.0.1:80"),
		partitions.OnRecord("in", func(*partitions.Tx, bus.Record) error { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	type line struct{ State, Owner, Address string }
	for live := 0; live < 3; {
		out, errs, code := command(t, "", "shards", "ledger", "--kafka", at, "--json")
		live = 0
		for _, l := range jsonLines[line](t, out) {
			if l.State == "live" && l.Owner == "one" && l.Address == "127.0.0.1:80" {
				live++
			}
		}
		if code != 0 {
			t.Logf("not yet: %s", errs)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case err := <-ended:
			t.Fatalf("the group ended: %v", err)
		}
	}
	out, _, _ := command(t, "", "shards", "ledger", "--kafka", at)
	if !strings.Contains(out, "OWNER") || strings.Count(out, "live") != 3 {
		t.Errorf("for people: %s", out)
	}
	out, _, _ = command(t, "", "shards", "nodes", "ledger", "--kafka", at)
	if !strings.Contains(out, "127.0.0.1:80") {
		t.Errorf("nodes: %s", out)
	}
	if _, errs, code := command(t, "", "shards", "reset", "ledger", "--kafka", at, "--yes"); code != 1 ||
		!strings.Contains(errs, "nodes are in the group") {
		t.Errorf("reset of a running group: %d, %s", code, errs)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for _, step := range []struct {
		in, out, errs string
		code          int
		args          []string
	}{
		{out: "would erase 0 rows, 0 timers and 0 parked records of ledger; it begins again at the earliest of in\n", args: []string{"--dry-run"}},
		{in: "other\n", errs: "nothing was erased", code: 1},
		{in: "ledger\n", out: "\nerased 0 rows"},
		{out: `"group":"ledger","from":"latest","inputs":["in"],"rows":0`, args: []string{"--yes", "--json", "--from", "latest", "--input", "in"}},
		{errs: "say --yes", code: 2, args: []string{"--json"}},
		{errs: "must be earliest or latest", code: 2, args: []string{"--from", "noon"}},
	} {
		out, errs, code := command(t, step.in, append([]string{"shards", "reset", "ledger", "--kafka", at}, step.args...)...)
		if code != step.code || !strings.Contains(out, step.out) || !strings.Contains(errs, step.errs) {
			t.Errorf("reset %v with %q: %d, %s%s", step.args, step.in, code, out, errs)
		}
	}
}
