//go:build synctests

package sagas_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// remove takes a topic away.
func remove(t *testing.T, w *partitionstest.World, topic string) {
	t.Helper()
	client, err := w.Bus().Client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := kadm.NewClient(client).DeleteTopic(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
}

// TestUntold takes the topic away in which sagas are told of: it is said that they cannot go on, and they do once it is back.
func TestUntold(t *testing.T) {
	t.Parallel()
	logged := &lines{}
	flow := sagas.Define("untold", func(s *sagas.Saga, n int) (int, error) {
		if err := s.Sleep(time.Minute); err != nil || n < 2 {
			return n, err
		}
		panic("help")
	}, sagas.Logger(slog.New(slog.NewTextHandler(logged, nil))))
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		for i := range 3 {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		remove(t, w, "untold.sagas")
		<-time.After(4 * time.Minute)
		if said := logged.count("turns cannot be written"); said < 1 || said > 5 {
			t.Errorf("it was said %d times", said)
		}
		expect(t, g, flow, "1", sagas.Running)
		if err := w.Bus().Create(t.Context(), bus.TopicSpec{Name: "untold.sagas", Partitions: 4}); err != nil {
			t.Fatal(err)
		}
		<-time.After(3 * time.Minute)
		expect(t, g, flow, "0", sagas.Completed)
		expect(t, g, flow, "1", sagas.Completed)
		expect(t, g, flow, "2", sagas.Parked)
	})
}

// TestUntoldStart lets sagas be started, by another one too, while the topic is away in which they are told of: none is lost, and each is told of
// once it is back.
func TestUntoldStart(t *testing.T) {
	t.Parallel()
	called := sagas.Define("called", func(_ *sagas.Saga, n int) (int, error) { return 10 * n, nil })
	caller := sagas.Define("caller", func(s *sagas.Saga, n int) (int, error) { return sagas.Call(s, called, "c", n) })
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		callers := w.Group(func(b *bus.Bus) (*partitions.Group, error) { return partitions.New(b, "callers", caller.Part()) })
		calls := w.Group(func(b *bus.Bus) (*partitions.Group, error) { return partitions.New(b, "calls", called.Part()) })
		one, two := callers.Start(), calls.Start()
		w.Settle()
		remove(t, w, "called.sagas")
		w.Publish(caller.New("a", 1), called.New("b", 2))
		<-time.After(4 * time.Minute)
		two.Crash()
		two.Restart()
		<-time.After(time.Minute)
		if err := w.Bus().Create(t.Context(), bus.TopicSpec{Name: "called.sagas", Partitions: 4}); err != nil {
			t.Fatal(err)
		}
		<-time.After(3 * time.Minute)
		if out, err := caller.Handle(one.Group(), "a").Result(short(t)); out != 10 || err != nil {
			t.Errorf("%d, %v", out, err)
		}
		if out, err := called.Handle(two.Group(), "b").Result(short(t)); out != 20 || err != nil {
			t.Errorf("%d, %v", out, err)
		}
		told := make(map[string][]sagas.Status)
		for _, e := range partitionstest.Events(w, called.Told()) {
			told[e.ID] = append(told[e.ID], e.Was, e.Status)
		}
		for _, id := range []string{"b", "c"} {
			if got := told[id]; !slices.Equal(got, []sagas.Status{"", sagas.Completed}) {
				t.Errorf("of %s is told %q", id, got)
			}
		}
	}, append(called.Contracts(), caller.Contracts()...)...)
}
