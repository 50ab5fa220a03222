package main

import (
	"context"
	"encoding/json"
	"errors"
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
	feed    *feed
}

const (
	smallBuffer = 512  // what the tuned side reads into
	kept        = 1000 // messages, where clients may resume: as many as Millrace keeps
)

// open runs a node that lets everybody in, and subscribes all to one channel. Both sides have no pings, as the bench's clients answer none.
func open(ctx context.Context, w fanout.Work) (fanout.Engine, error) {
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
	if w.Kafka != "" {
		e.feed, err = follow(ctx, w.Kafka, e.tell)
	}
	return e, err
}

func (e *engine) Publish(ctx context.Context, payloads ...string) error {
	messages := make([][]byte, len(payloads))
	for i, p := range payloads {
		var err error
		if messages[i], err = json.Marshal(p); err != nil {
			return err //nolint:wrapcheck // a bench
		}
	}
	if e.feed != nil {
		return e.feed.publish(ctx, messages...)
	}
	return e.tell(messages...)
}

func (e *engine) tell(messages ...[]byte) error {
	for _, m := range messages {
		if _, err := e.node.Publish(channel, m, e.publish...); err != nil {
			return err //nolint:wrapcheck // a bench
		}
	}
	return nil
}

func (*engine) Hello() string { return `{"id":1,"connect":{}}` }

func (e *engine) Close() error {
	var err error
	if e.feed != nil {
		err = e.feed.Close()
	}
	return errors.Join(err, e.node.Shutdown(context.Background()))
}

func main() { fanout.Main(open) }
