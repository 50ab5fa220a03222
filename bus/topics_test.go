package bus_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func logged(t *testing.T) (*bus.Bus, *log) {
	t.Helper()
	var written log
	b, err := bus.Open(t.Context(), bustest.Broker(t), bus.Logger(slog.New(slog.NewTextHandler(&written, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b, &written
}

func sent(opts ...bus.ContractOption) bus.Definition {
	return bus.Define("shop.order.sent", func(item) string { return "k" }, opts...)
}

func TestTopicsShared(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	placed := define[orderV1](bus.Retention(time.Hour), bus.Partitions(3), bus.Replicas(1))
	for setting, other := range map[string]bus.Definition{
		"retention":  sent(bus.Retention(2 * time.Hour)),
		"partitions": sent(bus.Partitions(4)),
		"replicas":   sent(bus.Replicas(3)),
		"Compacted":  sent(bus.Compacted()),
	} {
		err := b.Verify(t.Context(), placed, other)
		if !errors.Is(err, bus.ErrContract) {
			t.Fatalf("%s: %v", setting, err)
		}
		for _, want := range []string{setting, "shop.order.placed", "shop.order.sent", "outbox.event.order"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not in %v", want, err)
			}
		}
	}
	if err := b.Verify(t.Context(), sent(), placed); err != nil {
		t.Fatal(err)
	}
	drifts, err := b.Drift(t.Context(), placed, sent())
	if err != nil || len(drifts) != 0 {
		t.Errorf("what one of two contracts states did not reach the topic: %v, %v", drifts, err)
	}
}

func TestTopicDrift(t *testing.T) {
	t.Parallel()
	b, written := logged(t)
	stated := define[orderV1](bus.Retention(time.Hour))
	if drifts, err := b.Drift(t.Context(), stated); err != nil || len(drifts) != 0 {
		t.Errorf("a topic that does not exist: %v, %v", drifts, err)
	}
	spec := bus.TopicSpec{Name: "outbox.event.order", Partitions: 2, Configs: map[string]string{"retention.ms": "60000", "cleanup.policy": "compact"}}
	if err := b.Create(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	drifts, err := b.Drift(t.Context(), define[orderV1](bus.Retention(time.Hour), bus.Partitions(3), bus.Replicas(2)))
	want := []bus.Drift{
		{Topic: spec.Name, Setting: "partitions", Stated: "3", Actual: "2"},
		{Topic: spec.Name, Setting: "replication.factor", Stated: "2", Actual: "1"},
		{Topic: spec.Name, Setting: "retention.ms", Stated: "3600000", Actual: "60000"},
		{Topic: spec.Name, Setting: "cleanup.policy", Stated: "delete", Actual: "compact"},
	}
	if err != nil || len(drifts) != len(want) {
		t.Fatalf("%v, %v", drifts, err)
	}
	for i := range want {
		if drifts[i] != want[i] {
			t.Errorf("%v, want %v", drifts[i], want[i])
		}
	}
	if err := b.Verify(t.Context(), stated); err != nil {
		t.Errorf("a difference in retention is a warning: %v", err)
	}
	for _, warning := range []string{"setting=retention.ms stated=3600000 actual=60000", "setting=cleanup.policy stated=delete actual=compact"} {
		if !strings.Contains(written.String(), warning) {
			t.Errorf("%q was not logged:\n%s", warning, written)
		}
	}
}

func TestForeignSchemaRecords(t *testing.T) {
	t.Parallel()
	b, written := logged(t)
	if err := b.Verify(t.Context(), define[orderV1]()); err != nil {
		t.Fatal(err)
	}
	schema, err := bus.JSON[item]().Schema()
	if err != nil {
		t.Fatal(err)
	}
	good := []byte(`{"type":"JSON","schema":` + quote(schema.Text) + `}`)
	foreign := []bus.Message{
		bus.Record{Topic: bus.SchemaTopic, Key: []byte("somebody"), Value: []byte("else")}.Message(),
		bus.Record{Topic: bus.SchemaTopic, Value: []byte{0, 1}}.Message(),
		bus.Record{Topic: bus.SchemaTopic, Key: []byte("shop.order.sent/1"), Value: []byte("secret")}.Message(),
		bus.Record{Topic: bus.SchemaTopic, Key: []byte("shop.order.placed/1")}.Message(),
	}
	if err := b.Publish(t.Context(), foreign...).Err(); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(t.Context(), define[orderV1]()); err != nil {
		t.Errorf("a contract of its own: %v", err)
	}
	if !strings.Contains(written.String(), "millrace.schemas@1 is not a schema") {
		t.Errorf("nothing was logged:\n%s", written)
	}
	err = b.Verify(t.Context(), sent())
	if err == nil || !strings.Contains(err.Error(), "shop.order.sent version 1") || strings.Contains(err.Error(), "secret") {
		t.Fatalf("%v", err)
	}
	right := bus.Record{Topic: bus.SchemaTopic, Key: []byte("shop.order.sent/1"), Value: good}.Message()
	if err := b.Publish(t.Context(), right).Err(); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(t.Context(), sent()); err != nil {
		t.Errorf("after the right record: %v", err)
	}
}
