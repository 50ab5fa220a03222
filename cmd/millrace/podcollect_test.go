package main_test

import (
	"os/exec"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck/s3"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/internal/pgtest"
)

// TestServeCollects has a pod delete a payload that no record refers to from a real bucket.
func TestServeCollects(t *testing.T) {
	t.Parallel()
	server, err := servers.S3(t.Context())
	servers.Require(t, err)
	t.Cleanup(func() { _ = server.Close() })
	store, err := s3.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	kafka := bustest.Broker(t)
	b, err := bus.Open(t.Context(), kafka)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "scans", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "scans/acme/claim-00000000000000000000000000000000", []byte("x"), "text/plain"); err != nil {
		t.Fatal(err)
	}
	p := launch(t, func(cmd *exec.Cmd) {
		cmd.Args = []string{cmd.Path, "serve", "--http", "127.0.0.1:0", "--collect-grace", "1ns"}
		cmd.Env = environment("KAFKA_URL="+kafka, "DATABASE_URL="+pgtest.Open(t), "S3_URL="+server.URL, "MILLRACE_COLLECT=scans")
	}).awaitReady(t)
	for deadline := time.Now().Add(time.Minute); ; <-time.After(50 * time.Millisecond) {
		left := 0
		for _, err := range store.List(t.Context(), "scans/") {
			if err != nil {
				t.Fatal(err)
			}
			left++
		}
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d are left: %s", left, p.output())
		}
	}
}
