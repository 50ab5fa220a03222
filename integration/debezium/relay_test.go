package debezium_test

import (
	"context"
	"sync"

	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
)

// relays runs the twins' relays in one group until stop, or as long as the test.
func (s *stage) relays(twins ...twin) (stop func()) {
	s.Helper()
	opts := []partitions.Option{partitions.Shards(2)}
	for _, w := range twins {
		name := s.named(w, "§")
		relay, err := outbox.NewRelay(s.url, outbox.Slot(name), outbox.From(name), outbox.Table(name), outbox.LogOnly(),
			outbox.Connector(s.connectorJSON(w)), outbox.Logger(s.logger))
		if err != nil {
			s.Fatalf("%s: %v", w.name, err)
		}
		opts = append(opts, relay.Part())
		s.Cleanup(func() {
			if s.Failed() {
				s.Logf("%s: %+v", w.name, relay.Status())
			}
		})
	}
	group, err := partitions.New(s.bus, s.named(twins[0], "§"), opts...)
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := group.Run(ctx); err != nil {
			s.Errorf("relays: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	s.Cleanup(stop)
	return stop
}
