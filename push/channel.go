package push

import (
	"context"

	"github.com/millrace/millrace/bus"
)

// Topic is the broadcast topic. It is an aggregate's topic, so that an outbox can write to it.
const Topic bus.Topic = bus.TopicPrefix + "broadcast"

// Channel is a named stream of views of type T.
type Channel[T any] struct {
	name  string
	event bus.Event[T]
}

// Define makes a channel. The name is lower-case letters, digits, _ and -. What is wrong with it is returned by
// [Channel.Err] and by the first Publish.
func Define[T any](name string) Channel[T] {
	return Channel[T]{
		name:  name,
		event: bus.Define("push.broadcast."+name, func(T) string { return name }),
	}
}

// Publish sends views of one thing, named by key, to everybody who follows the channel, or "channel/key".
// The publisher is a [bus.Bus] or an outbox.
func (c Channel[T]) Publish(ctx context.Context, publisher bus.Publisher, key string, views ...T) bus.Results {
	msgs := make([]bus.Message, len(views))
	for i, view := range views {
		msgs[i] = c.event.New(view, bus.Subject(key))
	}
	return publisher.Publish(ctx, msgs...)
}

// Name is the channel's name, as clients ask for it.
func (c Channel[T]) Name() string { return c.name }

// Contract describes the channel's messages on the broadcast topic.
func (c Channel[T]) Contract() *bus.Contract { return c.event.Contract() }

// Err says what is wrong with the definition, or nil.
func (c Channel[T]) Err() error { return c.event.Err() }
