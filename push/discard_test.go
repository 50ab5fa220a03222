package push_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// TestDiscardedCalls holds what Effect's clients want of calls that are made with discard: one answer, when they begin.
func TestDiscardedCalls(t *testing.T) {
	t.Parallel()
	note, count := push.NewMethod[string, string]("note"), push.NewStream[string, int]("count")
	let, noted := make(chan struct{}), make(chan string, 10)
	url, _ := sockets(t, bustest.Open(t), push.RPC(
		note.Handle(func(_ context.Context, text string) (string, error) {
			<-let
			noted <- text
			return text, errors.New("of which nobody hears")
		}),
		count.Handle(func(context.Context, string) iter.Seq2[int, error] { return func(func(int, error) bool) {} }),
	))
	c := dial(t, url)
	for _, each := range []struct{ send, want string }{
		{`{"jsonrpc":"2.0","id":11,"method":"note","params":"a","discard":true}`, `{"jsonrpc":"2.0","id":11,"result":null}`},
		{`[{"jsonrpc":"2.0","id":12,"method":"note","params":"b","discard":true}]`, `[{"jsonrpc":"2.0","id":12,"result":null}]`},
		{
			`{"jsonrpc":"2.0","id":13,"method":"note","params":1,"discard":true}`,
			`{"jsonrpc":"2.0","id":13,"error":{"code":-32602,"message":"the params are not what note takes"}}`,
		},
		{
			`{"jsonrpc":"2.0","id":14,"method":"nope","discard":true}`,
			`{"jsonrpc":"2.0","id":14,"error":{"code":-32601,"message":"there is no such method"}}`,
		},
	} {
		c.send(each.send)
		if _, text, err := c.conn.Read(c.ctx); err != nil || string(text) != each.want {
			t.Fatalf("%s: %s %v", each.send, text, err)
		}
	}
	if answer := c.call("count", `"","discard":true`); answer.Error == nil || answer.Error.Code != -32000 {
		t.Errorf("a stream: %+v", answer)
	}
	close(let)
	<-noted
	<-noted
	if answer := c.call("nope", `""`); answer.Error == nil || len(c.early) > 0 {
		t.Errorf("%+v, and behind the first answers %+v", answer, c.early)
	}
}
