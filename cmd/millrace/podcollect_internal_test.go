package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
	"github.com/millrace/millrace/partitions"
)

const pods = "pods"

// wire is a pod's way to the brokers, which can be cut as by a kill.
type wire struct {
	mu    sync.Mutex
	conns []net.Conn
	cut   bool
}

var errCut = errors.New("cut")

func (w *wire) open(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil && w.cut {
		return nil, errors.Join(errCut, conn.Close())
	}
	w.conns = append(w.conns, conn)
	return conn, err
}

func (w *wire) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for _, conn := range w.conns {
		_ = conn.Close()
	}
}

// seen is a store that tells which pod begins a collection, which it does with the one object that it puts, and which has deleted.
type seen struct {
	claimcheck.Store

	pod  string
	told chan<- string
}

func (s seen) Put(ctx context.Context, key string, data []byte, contentType string) error {
	s.told <- s.pod + " begins"
	return s.Store.Put(ctx, key, data, contentType)
}

func (s seen) Delete(ctx context.Context, keys ...string) error {
	err := s.Store.Delete(ctx, keys...)
	s.told <- s.pod + " has deleted"
	return err
}

// startPod runs a group that has nothing but the collector, until the test ends. said is what it logs.
func startPod(t *testing.T, broker, database string, store claimcheck.Store, said io.Writer) *wire {
	t.Helper()
	way := &wire{}
	b, err := bus.Open(t.Context(), broker, bus.Dialer(way.open))
	if err != nil {
		t.Fatal(err)
	}
	part, err := collecting{topics: []string{"scans"}, grace: time.Hour}.part(b, store, database, slog.New(slog.NewTextHandler(said, nil)),
		noop.NewMeterProvider())
	if err != nil {
		t.Fatal(err)
	}
	group, err := partitions.New(b, pods, part, partitions.Lanes(1), partitions.Shards(1))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = group.Run(ctx) // that of a killed pod fails
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		_ = b.Close()
	})
	return way
}

// TestPodsCollect runs two pods: one collects, and the other once the first is cut off.
func TestPodsCollect(t *testing.T) {
	t.Parallel()
	broker := bustest.Broker(t)
	b, err := bus.Open(t.Context(), broker)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "scans", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	var store claimchecktest.Memory
	orphan := "scans/acme/claim-00000000000000000000000000000000"
	if err := store.Put(t.Context(), orphan, []byte("x"), "text/plain"); err != nil {
		t.Fatal(err)
	}
	store.Age(2 * time.Hour)
	told := make(chan string, 10)
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-told:
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("nobody tells that %s", want)
		}
	}
	first := startPod(t, broker, "", seen{&store, "first", told}, io.Discard)
	expect("first begins")
	expect("first has deleted")
	startPod(t, broker, "", seen{&store, "second", told}, io.Discard)
	awaitMembers(t, b, 2)
	first.kill()
	expect("second begins") // and the first has begun once
	if _, err := store.Get(t.Context(), orphan, 1); !errors.Is(err, claimcheck.ErrMissing) {
		t.Errorf("the payload that nothing refers to: %v", err)
	}
}

// lines sends what is written.
type lines chan string

func (l lines) Write(text []byte) (int, error) {
	l <- string(text)
	return len(text), nil
}

// TestPodAsksOutbox has a pod whose database is away: it deletes nothing, and says why.
func TestPodAsksOutbox(t *testing.T) {
	t.Parallel()
	broker := bustest.Broker(t)
	b, err := bus.Open(t.Context(), broker)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "scans", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	var store claimchecktest.Memory
	if err := store.Put(t.Context(), "scans/acme/claim-00000000000000000000000000000000", nil, ""); err != nil {
		t.Fatal(err)
	}
	store.Age(2 * time.Hour)
	told, said := make(chan string, 10), make(lines, 10)
	startPod(t, broker, "postgres://scans:hunter2@127.0.0.1:1/scans", seen{&store, "the pod", told}, said)
	if did := <-told; did != "the pod begins" {
		t.Error(did)
	}
	select {
	case text := <-said:
		if !strings.Contains(text, "nothing is deleted while the outbox") || strings.Contains(text, "hunter2") {
			t.Error(text)
		}
	case did := <-told:
		t.Error(did)
	case <-time.After(time.Minute):
		t.Error("it says nothing")
	}
}

func awaitMembers(t *testing.T, b *bus.Bus, count int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; <-time.After(10 * time.Millisecond) {
		lags, err := b.Lag(t.Context(), pods)
		if err == nil && len(lags) == 1 && lags[0].Members == count {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v, %v", lags, err)
		}
	}
}

// TestCollectNeedsBucket refuses topics without a bucket, and goes without either.
func TestCollectNeedsBucket(t *testing.T) {
	t.Parallel()
	var wrong *usageError
	if err := (collecting{topics: []string{"scans"}}).check(""); !errors.As(err, &wrong) {
		t.Errorf("no bucket: %v", err)
	}
	if err := errors.Join(collecting{}.check(""), collecting{topics: []string{"scans"}}.check("s3://key:secret@host/bucket")); err != nil {
		t.Error(err)
	}
}
