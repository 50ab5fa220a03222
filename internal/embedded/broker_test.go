package embedded_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/embedded"
)

func startBroker(t *testing.T, address string, dir *embedded.Directory) (*embedded.Broker, *bus.Bus) {
	t.Helper()
	broker, err := embedded.StartBroker(address, dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Open(t.Context(), broker.URL())
	if err != nil {
		t.Fatal(err)
	}
	return broker, b
}

func TestBrokerKeepsRecords(t *testing.T) {
	t.Parallel()
	dir := openDirectory(t, t.TempDir())
	defer dir.Close()
	broker, b := startBroker(t, "127.0.0.1:0", dir)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "kept", Partitions: 2}); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), bus.Record{Topic: "kept", Key: []byte("k"), Value: []byte("v")}.Message()).Err(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	broker.Close()
	broker, b = startBroker(t, broker.Address(), dir)
	defer broker.Close()
	defer b.Close()
	var values strings.Builder
	for record, err := range b.Read(t.Context(), "kept", bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		values.WriteString(string(record.Value))
	}
	if values.String() != "v" {
		t.Errorf("kept %q", values.String())
	}
	if found, err := embedded.HasBroker(dir); !found || err != nil {
		t.Errorf("HasBroker: %t, %v", found, err)
	}
}

func TestBrokerPortInUse(t *testing.T) {
	t.Parallel()
	dir := openDirectory(t, t.TempDir())
	defer dir.Close()
	broker, err := embedded.StartBroker("127.0.0.1:0", dir)
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	_, err = embedded.StartBroker(broker.Address(), dir)
	if !errors.Is(err, embedded.ErrPortInUse) || !strings.Contains(err.Error(), broker.Address()) {
		t.Errorf("got %v", err)
	}
}
