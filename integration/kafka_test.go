package integration_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func open(t testing.TB) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), shared.Kafka(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestBusOnKafka(t *testing.T) {
	t.Parallel()
	bustest.Conformance(t, open)
}

type order struct {
	ID string `json:"id"`
}

func TestKcat(t *testing.T) {
	t.Parallel()
	b := open(t)
	name := "a" + strings.ToLower(uuid.NewString()[:8])
	event := bus.Define("kcat."+name+".placed", func(o order) string { return o.ID })
	topic := event.Contract().Topic()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: topic, Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), event.New(order{ID: "7"}, bus.ID("e1"))).Err(); err != nil {
		t.Fatal(err)
	}
	broker := kcatBroker(t)
	read := exec.CommandContext(t.Context(), "kcat", "-q", "-b", broker, "-C", "-e", "-t", string(topic), "-f", "%k|%h|%s\n")
	output, err := read.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	key, rest, _ := strings.Cut(string(output), "|")
	if key != "7" || !strings.Contains(rest, "ce_id=e1") || !strings.HasSuffix(rest, "|{\"id\":\"7\"}\n") {
		t.Fatalf("kcat read %q", output)
	}
	write := exec.CommandContext(t.Context(), "kcat", "-b", broker, "-P", "-t", string(topic), "-k", "8",
		"-H", "ce_id=e2", "-H", "ce_type="+event.Contract().Name())
	write.Stdin = bytes.NewReader([]byte(`{"id":"8","more":true}`))
	if output, err := write.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	var ids []string
	for got, err := range bus.Tail(t.Context(), b, event, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, got.Record.ID()+got.Value.ID)
	}
	if strings.Join(ids, " ") != "e17 e28" {
		t.Fatalf("the bus read %v", ids)
	}
}
