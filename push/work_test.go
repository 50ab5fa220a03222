package push_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// TestDrainEndsCalls stops a hub while calls are under way: one that ends soon, one that does not, and a stream.
func TestDrainEndsCalls(t *testing.T) {
	t.Parallel()
	soon, began, causes := make(chan struct{}), make(chan struct{}, 10), make(chan error, 10)
	ends := push.NewMethod[string, string]("ends")
	hangs := push.NewMethod[string, string]("hangs")
	quick := push.NewMethod[string, int]("quick")
	counts := push.NewStream[string, int]("counts")
	url, stop := sockets(t, bustest.Open(t), push.RPC(
		ends.Handle(func(_ context.Context, text string) (string, error) {
			began <- struct{}{}
			<-soon
			return text, nil
		}),
		hangs.Handle(func(ctx context.Context, _ string) (string, error) {
			began <- struct{}{}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return "", ctx.Err()
		}),
		quick.Handle(func(context.Context, string) (int, error) { return 0, nil }),
		counts.Handle(func(ctx context.Context, _ string) iter.Seq2[int, error] {
			return func(func(int, error) bool) { began <- struct{}{}; <-ctx.Done() }
		}),
	))
	good, bad, idle, streams := dial(t, url), dial(t, url), dial(t, url), dial(t, url)
	first := good.ask("ends", `"one"`)
	good.send(`[{"jsonrpc":"2.0","id":"x","method":"ends","params":"two"}]`)
	bad.ask("hangs", `""`)
	streams.ask("counts", `""`)
	for range 4 {
		<-began
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	for _, c := range []*caller{idle, streams} {
		if code := c.closed(); code != 3001 {
			t.Errorf("closed with %d", code)
		}
	}
	for good.call("quick", `""`).Error == nil { // it has not heard of the end yet
	}
	for _, method := range []string{"ends", "push.history", "push.publish", "push.subscribe"} {
		if answer := good.call(method, `{"channel":"news"}`); answer.Error == nil || answer.Error.Code != -32053 {
			t.Errorf("%s begins at a hub that stops: %+v", method, answer)
		}
	}
	close(soon)
	answered := 0
	for _, text, err := good.conn.Read(good.ctx); err == nil; _, text, err = good.conn.Read(good.ctx) {
		switch string(text) {
		case `{"jsonrpc":"2.0","id":` + first + `,"result":"one"}`, `[{"jsonrpc":"2.0","id":"x","result":"two"}]`:
			answered++
		}
	}
	if answered != 2 {
		t.Errorf("%d answers came before the end", answered)
	}
	if code := bad.closed(); code != 3001 {
		t.Errorf("closed with %d", code)
	}
	if cause := <-causes; !errors.Is(cause, push.ErrDisconnected) {
		t.Errorf("the call that did not end ended by %v", cause)
	}
	<-stopped
}
