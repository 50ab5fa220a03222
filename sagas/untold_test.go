//go:build synctests

package sagas_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

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
		client, err := w.Bus().Client()
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := kadm.NewClient(client).DeleteTopic(t.Context(), "untold.sagas"); err != nil {
			t.Fatal(err)
		}
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
