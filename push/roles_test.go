package push_test

import (
	"context"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

// TestRolesOfCalls has a connection whose newer grant has other roles.
func TestRolesOfCalls(t *testing.T) {
	t.Parallel()
	who := push.NewMethod[*int, string]("who")
	url, _ := sockets(t, bustest.Open(t), push.Tokens(granter{}), push.RPC(who.Handle(func(ctx context.Context, _ *int) (string, error) {
		info := request.From(ctx)
		return string(info.Principal) + " " + string(info.Roles) + " " + info.Session, nil
	})))
	c := dial(t, url, "Authorization", "Bearer 1//a")
	for _, want := range []string{`"user role1 session1"`, `"user role2 session2"`} {
		if answer := c.call("who", "null"); string(answer.Result) != want {
			t.Errorf("%s %+v, want %s", answer.Result, answer.Error, want)
		}
		if answer := c.call("push.refresh", `{"token":"2//a"}`); answer.Error != nil {
			t.Fatalf("%+v", answer.Error)
		}
	}
}
