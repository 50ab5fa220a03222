package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/millrace/millrace/bench/flows/fanout"
)

const channel = "bench"

type engine struct {
	http.Handler

	node    *centrifuge.Node
	publish []centrifuge.PublishOption
}

const (
	smallBuffer = 512  // what the tuned side reads into
	kept        = 1000 // messages, where clients may resume: as many as Millrace keeps
)

// open runs a node that lets everybody in, and subscribes all to one channel. Both sides have no pings, as the bench's clients answer none.
func open(_ context.Context, w fanout.Work) (fanout.Engine, error) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	e := &engine{node: node}
	var subscribe centrifuge.SubscribeOptions
	if w.History {
		subscribe = centrifuge.SubscribeOptions{EnableRecovery: true, EnablePositioning: true}
		e.publish = append(e.publish, centrifuge.WithHistory(kept, time.Hour))
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials:   &centrifuge.Credentials{UserID: ""},
			Subscriptions: map[string]centrifuge.SubscribeOptions{channel: subscribe},
		}, nil
	})
	node.OnConnect(func(*centrifuge.Client) {})
	if err := node.Run(); err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	config := centrifuge.WebsocketConfig{
		CheckOrigin:    func(*http.Request) bool { return true },
		PingPongConfig: centrifuge.PingPongConfig{PingInterval: time.Hour, PongTimeout: time.Minute},
	}
	if w.Tuned {
		config.ReadBufferSize, config.UseWriteBufferPool, config.ProcessCommandsOffReadLoop = smallBuffer, true, true
	}
	e.Handler = centrifuge.NewWebsocketHandler(node, config)
	return e, nil
}

func (e *engine) Publish(_ context.Context, payloads ...string) error {
	for _, p := range payloads {
		data, err := json.Marshal(p)
		if err != nil {
			return err //nolint:wrapcheck // a bench
		}
		if _, err := e.node.Publish(channel, data, e.publish...); err != nil {
			return err //nolint:wrapcheck // a bench
		}
	}
	return nil
}

func (*engine) Hello() string { return `{"id":1,"connect":{}}` }

func (e *engine) Close() error { return e.node.Shutdown(context.Background()) } //nolint:wrapcheck // a bench

func main() { fanout.Main(open) }
