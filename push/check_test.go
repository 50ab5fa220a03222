package push_test

import (
	"context"
	"sync"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// TestCheck asks a hub before it has read its history, and after.
func TestCheck(t *testing.T) {
	t.Parallel()
	hub, err := push.New(bustest.Open(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := hub.Check().Ask(t.Context()); err == nil {
		t.Error("a hub that does not run is well")
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		if err := hub.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	<-hub.Ready()
	if err := hub.Check().Ask(t.Context()); err != nil {
		t.Error(err)
	}
}
