//go:build synctests

package sagas_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestRoomOfWhatIsUntold starts more sagas than there is room for while none of them can be told of: each has its turn once they can.
func TestRoomOfWhatIsUntold(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("untoldroom", func(s *sagas.Saga, n int) (int, error) { return n, s.Sleep(5 * time.Minute) }, sagas.Room(1))
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		remove(t, w, "untoldroom.sagas")
		for i := 2; i < 10; i++ {
			w.Publish(flow.New(id(i), i))
		}
		<-time.After(time.Minute)
		if err := w.Bus().Create(t.Context(), bus.TopicSpec{Name: "untoldroom.sagas", Partitions: 4}); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Minute)
		for i := 1; i < 10; i++ {
			expect(t, g, flow, id(i), sagas.Completed)
		}
	})
}
