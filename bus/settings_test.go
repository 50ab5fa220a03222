package bus_test

import (
	"errors"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	spec := bus.TopicSpec{Name: "compacted", Partitions: 1, Configs: map[string]string{"cleanup.policy": "compact"}}
	if err := b.Create(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	settings, err := b.Settings(t.Context(), "compacted")
	if err != nil || settings["compacted"]["cleanup.policy"] != "compact" || settings["compacted"]["retention.ms"] == "" {
		t.Errorf("%v, %v", settings, err)
	}
	if _, err := b.Settings(t.Context(), "missing"); !errors.Is(err, bus.ErrNoTopic) {
		t.Errorf("a missing topic: %v", err)
	}
}
