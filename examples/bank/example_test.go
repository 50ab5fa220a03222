package bank_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/twmb/franz-go/pkg/kfake"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/examples/bank"
	"github.com/millrace/millrace/push"
)

// A node runs the group and a hub. Its clients' calls are answered by the owners of their accounts.
func Example() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "bank.deposits"))
	if err != nil {
		panic(err)
	}
	defer broker.Close()
	ctx, stop := context.WithCancel(context.Background())
	b, err := bus.Open(ctx, "kafka://"+broker.ListenAddrs()[0])
	if err != nil {
		panic(err)
	}
	group, err := bank.NewGroup(b)
	if err != nil {
		panic(err)
	}
	hub, err := push.New(b, push.RPC(bank.Answering(group)))
	if err != nil {
		panic(err)
	}
	var running errgroup.Group
	running.Go(func() error { return group.Run(ctx) })
	running.Go(func() error { return hub.Run(ctx) })
	<-hub.Ready()
	for _, err := group.Nodes(); err != nil; _, err = group.Nodes() { // until the node is a member
		<-time.After(10 * time.Millisecond)
	}

	server := httptest.NewServer(hub.WebSocket())
	client, _, err := websocket.Dial(ctx, strings.Replace(server.URL, "http", "ws", 1), nil) //nolint:bodyclose // the connection has it
	if err != nil {
		panic(err)
	}
	_ = client.Write(ctx, websocket.MessageText, []byte(`{"jsonrpc":"2.0","id":1,"method":"bank.withdraw","params":{"account":"ada","cents":5}}`))
	_, answer, err := client.Read(ctx)
	fmt.Println(string(answer), err)

	_ = client.CloseNow()
	stop()
	fmt.Println(running.Wait(), b.Close())
	server.Close()
	// Output:
	// {"jsonrpc":"2.0","id":1,"error":{"code":-32009,"message":"there are 0 cents","data":{"type":"about:blank","title":"poor","status":409,"detail":"there are 0 cents"}}} <nil>
	// <nil> <nil>
}
