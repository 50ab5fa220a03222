package integration_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/s3"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/internal/pgtest"
)

// objects counts the payloads of a topic.
func objects(t *testing.T, store *s3.Store, topic bus.Topic) (count int) {
	t.Helper()
	for _, err := range store.List(t.Context(), string(topic)+"/") {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	return count
}

// TestCollectingPodKilled kills the pod that collects in the middle of its sweep: another one goes on, and deletes nothing that a record refers to.
func TestCollectingPodKilled(t *testing.T) {
	t.Parallel()
	gateway, store := startGateway(t)
	kafka, err := servers.KafkaProcess(t.Context(), 0, func([]int) string { return "" })
	servers.Require(t, err)
	t.Cleanup(func() { _ = kafka.Close() })
	b, err := bus.Open(t.Context(), kafka.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	event := bus.Define("office.swept.scanned", func(s scan) string { return s.ID })
	topic := event.Contract().Topic()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: topic, Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	codec, err := claimcheck.Codec(bus.JSON[scan](), store, claimcheck.Place[scan]{Topic: topic}, claimcheck.Over(10))
	if err != nil {
		t.Fatal(err)
	}
	event = event.Encoded(codec)
	const kept, orphans = 50, 4000 // 500 are deleted in a second
	for i := range kept {
		if err := b.Publish(t.Context(), event.New(scan{ID: fmt.Sprint(i), Image: strings.Repeat("page ", 100)})).Err(); err != nil {
			t.Fatal(err)
		}
	}
	var putting errgroup.Group
	putting.SetLimit(16)
	for i := range orphans {
		putting.Go(func() error {
			return store.Put(t.Context(), fmt.Sprintf("%s/-/claim-%032x", topic, i), []byte("x"), "text/plain")
		})
	}
	if err := putting.Wait(); err != nil {
		t.Fatal(err)
	}
	env := []string{"KAFKA_URL=" + kafka.URL, "DATABASE_URL=" + pgtest.Open(t), "S3_URL=" + gateway.URL, "MILLRACE_COLLECT=" + string(topic)}
	args := []string{"serve", "--http", "127.0.0.1:0", "--drain-delay", "10ms", "--collect-grace", "1s"}
	first := runPod(t, env, args...)
	await := func(p *pod, wanted func(left int) bool) int {
		t.Helper()
		for deadline := time.Now().Add(patience); ; <-time.After(20 * time.Millisecond) {
			left := objects(t, store, topic)
			if wanted(left) {
				return left
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d are left\n%s", left, p.output())
			}
		}
	}
	await(first, func(left int) bool { return left < kept+orphans })
	first.end(t, syscall.SIGKILL)
	if left := objects(t, store, topic); left <= kept {
		t.Fatalf("the sweep was over before the pod was killed: %d are left", left)
	}
	second := runPod(t, env, args...)
	await(second, func(left int) bool { return left <= kept })
	read := 0
	for got, err := range bus.Tail(t.Context(), b, event, bus.Earliest, bus.UntilEnd()) {
		if read++; err != nil {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if left := objects(t, store, topic); read != kept || left != kept {
		t.Errorf("%d events are read, and %d payloads are left", read, left)
	}
}
