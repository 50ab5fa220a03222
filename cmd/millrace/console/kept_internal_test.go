package console

import (
	"context"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func TestKept(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "g.changelog", Partitions: 2}); err != nil {
		t.Fatal(err)
	}
	var k kept[int]
	reads := 0
	read := func(context.Context, string) ([]int, error) {
		reads++
		return []int{reads}, nil
	}
	for i, want := range []int{1, 1, 2, 2} {
		if i == 2 {
			if err := b.Publish(t.Context(), bus.Record{Topic: "g.changelog", Key: []byte("k"), Value: []byte("v")}.Message()).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := k.read(t.Context(), b, "g", read); err != nil || got[0] != want {
			t.Errorf("%d: %v %v, want %d", i, got, err, want)
		}
	}
}
