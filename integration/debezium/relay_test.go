package debezium_test

import (
	"context"
	"sync"

	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
)

// relay runs the twin's relay until stop, or as long as the test.
func (s *stage) relay(w twin) (stop func()) {
	s.Helper()
	name := s.named(w, "§")
	relay, err := outbox.NewRelay(s.url, outbox.Slot(name), outbox.From(name), outbox.Connector(s.connectorJSON(w)))
	if err != nil {
		s.Fatalf("%s: %v", w.name, err)
	}
	group, err := partitions.New(s.bus, name, relay.Part(), partitions.Lanes(1), partitions.Shards(1))
	if err != nil {
		s.Fatalf("%s: %v", w.name, err)
	}
	ctx, cancel := context.WithCancel(s.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := group.Run(ctx); err != nil {
			s.Errorf("%s: %v", w.name, err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	s.Cleanup(stop)
	return stop
}
