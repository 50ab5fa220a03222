package main_test

import (
	"os/exec"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgtest"
)

// TestServeCollects has a pod delete a payload that no record refers to from a real bucket.
func TestServeCollects(t *testing.T) {
	t.Parallel()
	at := newBucket(t)
	if err := at.bus.Create(t.Context(), bus.TopicSpec{Name: "scans", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	if err := at.store.Put(t.Context(), "scans/acme/claim-00000000000000000000000000000000", []byte("x"), "text/plain"); err != nil {
		t.Fatal(err)
	}
	p := launch(t, func(cmd *exec.Cmd) {
		cmd.Args = []string{cmd.Path, "serve", "--http", "127.0.0.1:0", "--collect-grace", "1ns"}
		cmd.Env = environment("KAFKA_URL="+at.kafka, "DATABASE_URL="+pgtest.Open(t), "S3_URL="+at.url, "MILLRACE_COLLECT=scans")
	}).awaitReady(t)
	for deadline := time.Now().Add(90 * time.Second); ; <-time.After(50 * time.Millisecond) {
		left := 0
		for _, err := range at.store.List(t.Context(), "scans/") {
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
