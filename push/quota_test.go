package push_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// answers reads so many answers to calls, and returns how many were made and how many refused as the tenant's too many.
func (c *caller) answers(count int) (made, refused int) {
	c.Helper()
	for range count {
		answer, err := c.read()
		var problem push.Problem
		switch {
		case err != nil:
			c.Fatal(err)
		case answer.Error == nil:
			made++
		case answer.Error.Code == -32029 && json.Unmarshal(answer.Error.Data, &problem) == nil && strings.Contains(problem.Detail, "tenant"):
			refused++
		default:
			c.Fatalf("%+v", answer.Error)
		}
	}
	return made, refused
}

func TestTenantFlood(t *testing.T) {
	t.Parallel()
	const rate, calls = 5, 60
	b := bustest.Open(t)
	news := push.Define[string]("news")
	add := push.NewMethod[sum, int]("add")
	url, _ := sockets(t, b, push.TenantCalls(rate), push.Calls(64, 1000), push.Publishing(news),
		push.RPC(add.Handle(func(_ context.Context, s sum) (int, error) { return s.A + s.B, nil })))
	began, flood := time.Now(), dial(t, url, "Tenant", "acme")
	made, refused := 0, 0
	for i, c := range []*caller{flood, dial(t, url, "Tenant", "acme")} {
		for range calls {
			c.ask([]string{"add", "push.history"}[i], `{"channel":"news"}`)
		}
		m, r := c.answers(calls)
		if made, refused = made+m, refused+r; r == 0 {
			t.Errorf("nothing was refused of connection %d", i)
		}
	}
	if most := 2*rate + int(time.Since(began).Seconds()*rate) + 1; made < 2*rate || made > most {
		t.Errorf("%d calls were made and %d refused, and there was room for %d", made, refused, most)
	}
	for _, tenant := range []string{"other", ""} {
		c := dial(t, url, "Tenant", tenant)
		for range 2 * rate {
			c.ask("add", `{}`)
		}
		if made, refused := c.answers(2 * rate); made != 2*rate {
			t.Errorf("of the tenant %q %d calls were made and %d refused", tenant, made, refused)
		}
	}
	if how := flood.follow("news", "", ""); how != "fresh" {
		t.Errorf("one of them follows: %s", how)
	}
	publish(t, b, news, "k", "hello")
	if got := flood.next().Params; string(got.Data) != `"hello"` {
		t.Errorf("it got %s", got.Data)
	}
	c := dial(t, url, "Tenant", "acme")
	for deadline := time.Now().Add(20 * time.Second); ; {
		c.ask("add", fmt.Sprintf(`{"a":%d}`, rate))
		if made, _ := c.answers(1); made == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the tenant is refused for ever")
		}
		<-time.After(20 * time.Millisecond)
	}
}
