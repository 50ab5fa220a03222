//go:build synctests

package sagas_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestRoomOfWhatHasNotBegun starts sagas that cannot be told of, and so become dead letters: they take no room from one of another
// shard.
func TestRoomOfWhatHasNotBegun(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("notbegun", func(s *sagas.Saga, n int) (int, error) { return n, s.Sleep(5 * time.Minute) }, sagas.Room(1))
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		client, err := w.Bus().Client()
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := kadm.NewClient(client).DeleteTopic(t.Context(), "notbegun.sagas"); err != nil {
			t.Fatal(err)
		}
		for i := 2; i < 10; i++ {
			w.Publish(flow.New(id(i), i))
		}
		<-time.After(time.Minute)
		if err := w.Bus().Create(t.Context(), bus.TopicSpec{Name: "notbegun.sagas", Partitions: 4}); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Minute)
		expect(t, g, flow, "1", sagas.Completed)
		expect(t, g, flow, "2", "")
	})
}
