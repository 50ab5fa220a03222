package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

func TestStreams(t *testing.T) {
	t.Parallel()
	count := push.NewStream[int, int]("count")
	made, ended := make(chan int, 10_000), make(chan error, 10)
	url, _ := sockets(t, bustest.Open(t), push.RPC(count.Handle(func(ctx context.Context, to int) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			defer func() { ended <- context.Cause(ctx) }()
			for i := 0; i != to; i++ {
				if i == 300 && to > 300 {
					yield(0, &push.Problem{Status: 409, Detail: "enough"})
					return
				}
				made <- i
				if !yield(i, nil) {
					return
				}
			}
		}
	})))
	c := dial(t, url)
	take := func(id string) (values []int, last told) {
		for {
			answer, err := c.read()
			if err != nil || string(answer.ID) != id {
				t.Fatal(answer, err)
			}
			if !answer.Chunk {
				return values, answer
			}
			var chunk []int
			if err := json.Unmarshal(answer.Result, &chunk); err != nil || len(chunk) == 0 {
				t.Fatal(err)
			}
			values = append(values, chunk...)
			c.send(`{"jsonrpc":"2.0","method":"@effect/rpc/Ack","params":{"requestId":` + id + `}}`)
		}
	}
	want := make([]int, 300)
	for i := range want {
		want[i] = i
	}
	if values, last := take(c.ask("count", "300")); !slices.Equal(values, want) || last.Error != nil || string(last.Result) != "null" {
		t.Errorf("%d values, then %+v", len(values), last)
	}
	<-ended
	if values, last := take(c.ask("count", "1000")); !slices.Equal(values, want) || last.Error == nil || last.Error.Code != -32009 {
		t.Errorf("%d values, then %+v", len(values), last)
	}
	<-ended
	for len(made) > 0 {
		<-made
	}
	id := c.ask("count", "-1") // nobody acknowledges: what is made is bounded
	if chunk, err := c.read(); err != nil || !chunk.Chunk {
		t.Fatal(chunk, err)
	}
	c.send(`{"jsonrpc":"2.0","method":"@effect/rpc/Interrupt","params":{"requestId":` + id + `}}`)
	if cause := <-ended; !errors.Is(cause, push.ErrInterrupted) {
		t.Errorf("it ended by %v", cause)
	}
	if n := len(made); n > 600 {
		t.Errorf("%d values were made that nobody took", n)
	}
	if answer, err := c.read(); err != nil || answer.Error == nil || answer.Error.Code != -32800 {
		t.Errorf("%+v %v", answer, err)
	}
	c.ask("count", "-1")
	_ = c.conn.CloseNow()
	if cause := <-ended; !errors.Is(cause, push.ErrDisconnected) {
		t.Errorf("it ended by %v", cause)
	}
}
