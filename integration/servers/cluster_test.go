package servers_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
)

// TestCluster lets brokers fail one at a time, and wants every publish to get through and to be there in the end.
func TestCluster(t *testing.T) {
	dir, logs := openDirectory(t), t.TempDir()
	t.Setenv("TMPDIR", dir)
	cluster, err := servers.StartCluster(t.Context(), 3, logs)
	servers.Require(t, err)
	defer cluster.Close()
	b, err := bus.Open(t.Context(), cluster.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	event := bus.Define("cluster.note.written", func(text string) string { return text })
	topic := event.Contract().Topic()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: topic, Partitions: 3}); err != nil {
		t.Fatal(err)
	}
	say := func(text string) {
		t.Helper()
		if err := b.Publish(t.Context(), event.New(text)).Err(); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	say("all run")
	inSync(t, b, topic, 3)
	do(cluster.Kill(0))
	say("one is dead")
	inSync(t, b, topic, 2)
	do(cluster.Restart(t.Context(), 0))
	inSync(t, b, topic, 3)
	do(cluster.Stop(1))
	inSync(t, b, topic, 2)
	do(cluster.Cont(1))
	say("one stood still")
	inSync(t, b, topic, 3)
	do(cluster.Restart(t.Context(), 2))
	inSync(t, b, topic, 3)
	said := 0
	for _, err := range bus.Tail(t.Context(), b, event, bus.Earliest, bus.UntilEnd()) {
		do(err)
		said++
	}
	if said != 3 {
		t.Errorf("%d of 3 records are left", said)
	}
	if err := cluster.Kill(3); err == nil {
		t.Error("there is a fourth broker")
	}
	do(b.Close())
	do(cluster.Close())
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if kept, err := filepath.Glob(filepath.Join(logs, "broker-*.log")); err != nil || len(kept) != 3 {
		t.Errorf("%v of three logs, %v", kept, err)
	}
}

// inSync waits until every partition of the topic has a leader and so many replicas that are up to date.
func inSync(t *testing.T, b *bus.Bus, topic bus.Topic, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		infos, err := b.Topics(ctx, topic)
		ready := err == nil
		for _, info := range infos {
			for _, p := range info.Partitions {
				ready = ready && p.Leader >= 0 && p.InSync == want
			}
		}
		if ready {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("not %d replicas in sync: %+v, %v", want, infos, err)
		case <-ticker.C:
		}
	}
}
