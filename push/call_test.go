package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

type sum struct {
	A int `json:"a"`
	B int `json:"b"`
}

func TestCalls(t *testing.T) {
	t.Parallel()
	add := push.NewMethod[sum, int]("add")
	who := push.NewMethod[struct{}, string]("who")
	fail := push.NewMethod[string, int]("fail")
	hang := push.NewMethod[string, int]("hang")
	hanging := make(chan error, 1)
	url, _ := sockets(t, bustest.Open(t), push.Calls(2, 1000), push.RPC(
		add.Handle(func(_ context.Context, s sum) (int, error) { return s.A + s.B, nil }),
		who.Handle(func(ctx context.Context, _ struct{}) (string, error) { return string(request.From(ctx).Tenant), nil }),
		fail.Handle(func(_ context.Context, how string) (int, error) {
			switch how {
			case "problem":
				return 0, fmt.Errorf("wrapped: %w", &push.Problem{Status: http.StatusConflict, Detail: "it is sold"})
			case "panic":
				panic("secret")
			}
			return 0, errors.New("secret")
		}),
		hang.Handle(func(ctx context.Context, _ string) (int, error) {
			<-ctx.Done()
			hanging <- context.Cause(ctx)
			return 0, ctx.Err()
		}),
	), push.Around(func(ctx context.Context, c push.Call, next func(context.Context) error) error {
		if c.Method == "who" && len(c.Headers) == 1 && c.Headers[0] == [2]string{"deny", "1"} {
			return &push.Problem{Status: http.StatusForbidden}
		}
		return next(ctx)
	}))
	c := dial(t, url, "Tenant", "acme")
	for _, each := range []struct{ send, want string }{
		{`{"jsonrpc":"2.0","id":"x","method":"add","params":{"a":1,"b":2}}`, `{"jsonrpc":"2.0","id":"x","result":3}`},
		{`{"jsonrpc":"2.0","id":1,"method":"who","params":{}}`, `{"jsonrpc":"2.0","id":1,"result":"acme"}`},
		{
			`{"jsonrpc":"2.0","id":1,"method":"who","params":{},"headers":[["deny","1"]]}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32003,"message":"Forbidden","data":{"type":"about:blank","title":"Forbidden","status":403}}}`,
		},
		{
			`{"jsonrpc":"2.0","id":1,"method":"add","params":{"a":"1"}}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"the params are not what add takes"}}`,
		},
		{`{"jsonrpc":"2.0","id":1,"method":"nope"}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"there is no such method"}}`},
		{
			`{"jsonrpc":"2.0","id":1,"method":"fail","params":"problem"}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32009,"message":"it is ` +
				`sold","data":{"type":"about:blank","title":"Conflict","status":409,"detail":"it is sold"}}}`,
		},
		{`{"jsonrpc":"2.0","id":1,"method":"fail","params":"other"}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"the call failed"}}`},
		{
			`{"jsonrpc":"2.0","id":1,"method":"fail","params":"panic"}`,
			`{"jsonrpc":"2.0","id":1,"error":{"code":-32050,"message":"the procedure ` +
				`failed","data":{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"the procedure failed"}}}`,
		},
		{`{`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"the message is not JSON"}}`},
		{`{"jsonrpc":"2.0","method":"@effect/rpc/Ping"}`, `{"jsonrpc":"2.0","method":"@effect/rpc/Pong"}`},
		{`[{"jsonrpc":"2.0","method":"add","params":{}}]` + " ", ``},
		{`[{"jsonrpc":"2.0","id":7,"method":"add","params":{"a":1}},{"jsonrpc":"2.0","method":"add"},3]`, `-32600`},
	} {
		c.send(each.send)
		if each.want == "" {
			continue
		}
		_, got, err := c.conn.Read(c.ctx)
		if err != nil || string(got) != each.want && (each.want != "-32600" || !strings.Contains(string(got), `"id":7,"result":1`) ||
			!strings.Contains(string(got), each.want)) {
			t.Fatalf("%s\n got %s %v\nwant %s", each.send, got, err, each.want)
		}
	}
	first, second := c.ask("hang", `""`), c.ask("hang", `""`)
	if answer := c.call("add", `{}`); answer.Error == nil || answer.Error.Code != -32029 {
		t.Errorf("a third call: %+v", answer)
	}
	c.send(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":` + first + `}}`)
	answer, err := c.read()
	if err != nil || string(answer.ID) != first || answer.Error == nil || answer.Error.Code != -32800 {
		t.Errorf("an interrupted call: %+v %v", answer, err)
	}
	if cause := <-hanging; !errors.Is(cause, push.ErrInterrupted) {
		t.Errorf("it ended by %v", cause)
	}
	c.send(`{"jsonrpc":"2.0","id":` + second + `,"method":"add","params":{}}`)
	if answer, err := c.read(); err != nil || answer.Error == nil || answer.Error.Code != -32600 {
		t.Errorf("an id twice: %+v %v", answer, err)
	}
	_ = c.conn.CloseNow()
	if cause := <-hanging; !errors.Is(cause, push.ErrDisconnected) {
		t.Errorf("it ended by %v", cause)
	}
}

func TestCallTakesTooLong(t *testing.T) {
	t.Parallel()
	slow := push.NewMethod[string, int]("slow")
	url, _ := sockets(t, bustest.Open(t), push.RPC(slow.Handle(func(ctx context.Context, _ string) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}, push.Timeout(20*time.Millisecond))))
	if answer := dial(t, url).call("slow", `""`); answer.Error == nil || answer.Error.Code != -32054 || !json.Valid(answer.Error.Data) {
		t.Errorf("%+v", answer)
	}
}

func TestProcedureErrors(t *testing.T) {
	t.Parallel()
	good := push.NewMethod[string, int]("good").Handle(func(context.Context, string) (int, error) { return 0, nil })
	for name, option := range map[string]push.Option{
		"a name":         push.RPC(push.NewMethod[string, int]("9").Handle(func(context.Context, string) (int, error) { return 0, nil })),
		"a name of ours": push.RPC(push.NewStream[string, int]("push.x").Handle(nil)),
		"two":            push.RPC(good, good),
		"no function":    push.RPC(push.NewMethod[string, int]("x").Handle(nil)),
		"no time": push.RPC(push.NewMethod[string, int]("x").Handle(func(context.Context, string) (int, error) { return 0, nil },
			push.Timeout(0))),
		"no calls":        push.Calls(0, 1),
		"a small message": push.Message(1),
		"a wrong channel": push.Publishing(push.Define[string]("RESET")),
		"a wrong pattern": push.Origins("["),
		"no channels":     push.Channels(0),
	} {
		if _, err := push.New(bustest.Open(t), option); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
