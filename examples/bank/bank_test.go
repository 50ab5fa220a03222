package bank_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/examples/bank"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/push"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node runs a node with its hub, and connects a client to it.
func node(t *testing.T, b *bus.Bus, id string) (*partitions.Group, *websocket.Conn) {
	t.Helper()
	group, err := bank.NewGroup(b, partitions.NodeID(id))
	if err != nil {
		t.Fatal(err)
	}
	hub, err := push.New(b, push.RPC(bank.Answering(group)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running errgroup.Group
	running.Go(func() error { return group.Run(ctx) })
	running.Go(func() error { return hub.Run(ctx) })
	server := httptest.NewServer(hub.WebSocket())
	t.Cleanup(func() {
		stop()
		if err := running.Wait(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	<-hub.Ready()
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(server.URL, "http", "ws", 1), nil) //nolint:bodyclose // the connection has it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return group, conn
}

// withdraw calls the method, and returns what is left, or why not.
func withdraw(t *testing.T, conn *websocket.Conn, account string, cents int) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	call := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"bank.withdraw","params":{"account":%q,"cents":%d}}`, account, cents)
	if err := conn.Write(ctx, websocket.MessageText, []byte(call)); err != nil {
		t.Fatal(err)
	}
	_, text, err := conn.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Result json.RawMessage
		Error  struct{ Message string }
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	return string(answer.Result) + answer.Error.Message
}

func TestAnyNodeAnswers(t *testing.T) {
	t.Parallel()
	const accounts, cents = 8, 5
	b := bustest.Open(t)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "bank.deposits", Partitions: 4}); err != nil {
		t.Fatal(err)
	}
	one, first := node(t, b, "one")
	_, second := node(t, b, "two")
	var names []string
	for i := range accounts {
		names = append(names, fmt.Sprintf("account-%d", i))
		if err := b.Publish(t.Context(), bank.Deposited.New(bank.Amount{Account: names[i], Cents: cents})).Err(); err != nil {
			t.Fatal(err)
		}
	}
	owners := func() (found map[string]bool) {
		found = map[string]bool{}
		for _, name := range names {
			if owner, owned, err := one.Owner(name); err == nil && owned {
				found[owner.ID] = true
			}
		}
		return found
	}
	for deadline := time.Now().Add(time.Minute); len(owners()) < 2; <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the owners are %v", owners())
		}
	}
	for _, name := range names {
		for { // until the deposit is there
			if got := withdraw(t, first, name, 1); got == "4" {
				break
			} else if got != "there are 0 cents" {
				t.Fatal(got)
			}
			<-time.After(10 * time.Millisecond)
		}
		if got := withdraw(t, second, name, 2); got != "2" {
			t.Errorf("of %s is left %s, want 2", name, got)
		}
		if got := withdraw(t, first, name, 3); got != "there are 2 cents" {
			t.Errorf("too much of %s: %s", name, got)
		}
	}
}
