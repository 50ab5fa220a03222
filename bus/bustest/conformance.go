package bustest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
)

// Conformance runs everything that package bus promises against a broker. open returns a bus on it; topics and groups
// have names of their own, so the broker may be shared. A test that hangs fails after a minute.
func Conformance(t *testing.T, open func(testing.TB) *bus.Bus) {
	t.Helper()
	for name, check := range map[string]func(*suite){
		"handles every event, in order for its key":    (*suite).keyOrder,
		"a slow key does not hold up others":           (*suite).slowKey,
		"a restarted group goes on where it committed": (*suite).restart,
		"two members share, and one may leave":         (*suite).rebalance,
		"a failed event is retried in place":           (*suite).retryInPlace,
		"a failed event is retried later":              (*suite).retryLater,
		"a hopeless event becomes a dead letter":       (*suite).deadLetter,
		"undecodable bytes are kept":                   (*suite).undecodable,
		"redriven dead letters come back once":         (*suite).redriven,
		"an event is handled once":                     (*suite).once,
		"a broadcast reaches every process":            (*suite).broadcast,
		"a shared group is a queue":                    (*suite).sharedQueue,
		"a shared group begins at the beginning":       (*suite).sharedStart,
		"a shared group retries and gives up":          (*suite).sharedFailures,
		"a shared group handles an event once":         (*suite).sharedOnce,
		"a shared event outlives its processes":        (*suite).sharedStops,
		"a shared process gives back what waits":       (*suite).sharedDrain,
		"lag of a shared group is counted":             (*suite).sharedLag,
		"several types share a topic":                  (*suite).sharedTopic,
		"tail decodes and goes on":                     (*suite).tail,
		"the request travels with the event":           (*suite).request,
		"lag is counted":                               (*suite).lag,
		"a missing topic is an error":                  (*suite).missingTopic,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			t.Cleanup(cancel)
			s := &suite{T: t, ctx: ctx, bus: open(t), id: strings.ToLower(uuid.NewString()[:8])}
			s.event = bus.Define("conformance.a"+s.id+".noted", note.key, bus.Partitions(3))
			s.create(s.event)
			check(s)
		})
	}
}

// note is the payload of the suite's events.
type note struct {
	Key string `json:"key"`
	N   int    `json:"n"`
}

func (n note) key() string { return n.Key }

type suite struct {
	*testing.T
	ctx   context.Context //nolint:containedctx // one check's own limit
	bus   *bus.Bus
	id    string
	event bus.Event[note]
}

func (s *suite) group() string { return "conformance-" + s.id }

func (s *suite) create(defs ...bus.Definition) {
	s.Helper()
	for _, def := range defs {
		c := def.Contract()
		if err := s.bus.Create(s.ctx, bus.TopicSpec{Name: c.Topic(), Partitions: max(1, c.Partitions())}); err != nil {
			s.Fatal(err)
		}
	}
}

func (s *suite) publish(msgs ...bus.Message) {
	s.Helper()
	if err := s.bus.Publish(s.ctx, msgs...).Err(); err != nil {
		s.Fatal(err)
	}
}

// notes makes n events, spread over keys.
func (s *suite) notes(n, keys int) []bus.Message {
	msgs := make([]bus.Message, n)
	for i := range msgs {
		msgs[i] = s.event.New(note{Key: fmt.Sprint(i % keys), N: i})
	}
	return msgs
}

// subscribe runs a subscription until stop, which waits for its end.
func (s *suite) subscribe(opts ...bus.SubscribeOption) (stop func()) {
	s.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { done <- s.bus.Subscribe(ctx, s.group(), opts...) })
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := <-done; err != nil {
			s.Errorf("subscribe ended with %v", err)
		}
	})
	s.Cleanup(stop)
	return stop
}

// collect returns a handler that gathers, and a wait for the n-th event.
func collect(s *suite) (handle func(context.Context, note) error, wait func(n int) []note) {
	var mu sync.Mutex
	var got []note
	arrived := make(chan struct{}, 100_000)
	handle = func(_ context.Context, n note) error {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, n)
		arrived <- struct{}{}
		return nil
	}
	wait = func(n int) []note {
		s.Helper()
		for {
			mu.Lock()
			have := append([]note(nil), got...)
			mu.Unlock()
			if len(have) >= n {
				return have
			}
			select {
			case <-arrived:
			case <-s.ctx.Done():
				s.Fatalf("%d of %d events arrived", len(have), n)
			}
		}
	}
	return handle, wait
}
