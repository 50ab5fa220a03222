package bus_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/observe"
)

// TestCheck asks a cluster that is there, and then is not.
func TestCheck(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	b, err := bus.Open(t.Context(), "kafka://"+cluster.ListenAddrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	health, err := observe.NewHealth(b.Check())
	if err != nil {
		t.Fatal(err)
	}
	if report := health.Report(t.Context()); report.Status != observe.OK || report.Checks["kafka"] != "ok" {
		t.Errorf("%+v", report)
	}
	cluster.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := b.Check().Ask(ctx); err == nil || !strings.Contains(err.Error(), "no answer from") {
		t.Errorf("a cluster that has ended: %v", err)
	}
}
