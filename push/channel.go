package push

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/millrace/millrace/bus"
)

// Topic is the broadcast topic. It is an aggregate's topic, so that an outbox can write to it.
const Topic bus.Topic = bus.TopicPrefix + "broadcast"

const typePrefix = "push.broadcast."

// Channel is a named stream of views of type T.
type Channel[T any] struct {
	name  string
	event bus.Event[T]
	err   error
}

// ChannelOption changes a channel whose views are of type T. See [Define].
type ChannelOption[T any] interface{ applyChannel(*channelSettings[T]) }

type channelOption[T any] func(*channelSettings[T])

func (f channelOption[T]) applyChannel(s *channelSettings[T]) { f(s) }

type channelSettings[T any] struct{ codec bus.Codec[T] }

var channelName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

// Names that an EventSource, or this package, gives to events of its own.
func reserved(name string) bool { return slices.Contains([]string{"reset", "error", "open"}, name) }

func validName(name string) bool { return channelName.MatchString(name) && !reserved(name) }

// Define makes a channel. The name is 1 to 64 lower-case letters, digits, _ and -, and begins with a letter; "reset",
// "error" and "open" are reserved. Views are sent as JSON unless [Text] or [Binary] says otherwise. What is wrong with
// the definition is returned by [Channel.Err] and by the first Publish.
func Define[T any](name string, opts ...ChannelOption[T]) Channel[T] {
	s := channelSettings[T]{codec: bus.JSON[T]()}
	for _, opt := range opts {
		opt.applyChannel(&s)
	}
	c := Channel[T]{
		name:  name,
		event: bus.Define(typePrefix+name, func(T) string { return name }, bus.Encoding(s.codec)),
	}
	if !validName(name) {
		c.err = fmt.Errorf("push: define channel %q: "+
			"the name must be 1 to 64 of a-z 0-9 _ -, begin with a letter, and not be reset, error or open", name)
	}
	return c
}

// Publish sends views of one thing, named by key, to everybody who follows the channel, or "channel/key". The tenant of
// ctx, if there is one, is the only one whose clients get them. The publisher is a [bus.Bus] or an outbox.
func (c Channel[T]) Publish(ctx context.Context, publisher bus.Publisher, key string, views ...T) bus.Results {
	if err := c.Err(); err != nil {
		results := make(bus.Results, len(views))
		for i := range results {
			results[i].Err = err
		}
		return results
	}
	msgs := make([]bus.Message, len(views))
	for i, view := range views {
		msgs[i] = c.New(key, view)
	}
	return publisher.Publish(ctx, msgs...)
}

// New is the message of a view, for who publishes it with others: see [Channel.Publish].
func (c Channel[T]) New(key string, view T) bus.Message {
	if err := c.Err(); err != nil {
		return bus.Invalid(err)
	}
	return c.event.New(view, bus.Subject(key))
}

// Name is the channel's name, as clients ask for it.
func (c Channel[T]) Name() string { return c.name }

// Contract describes the channel's messages on the broadcast topic.
func (c Channel[T]) Contract() *bus.Contract { return c.event.Contract() }

// Err says what is wrong with the definition, or nil.
func (c Channel[T]) Err() error {
	if c.err != nil {
		return c.err
	}
	return c.event.Err()
}
