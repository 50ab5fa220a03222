package push

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// Writable is a [Channel] that WebSockets' clients may publish to, where their [Grant] says so.
type Writable interface {
	Described
	message(key string, data json.RawMessage) (bus.Message, error)
}

// Publishing lets WebSockets' clients publish to channels, to which of them their grants say. What is no view of the channel's type is refused.
func Publishing(channels ...Writable) Option {
	return option(func(s *settings) {
		for _, c := range channels {
			s.errs = append(s.errs, c.Err())
			s.writable[c.Name()] = c
		}
	})
}

// message is the message of a view in JSON.
func (c Channel[T]) message(key string, data json.RawMessage) (bus.Message, error) {
	view, err := bus.JSON[T]().Decode(data)
	if err != nil {
		return bus.Message{}, &Problem{Status: http.StatusUnprocessableEntity, Detail: "the data is not what the channel " + c.name + " has"}
	}
	return c.New(key, view), nil
}

// publication is a message that a client publishes.
type publication struct {
	*call

	message bus.Message
}

// publish publishes a message. Those of a connection are published in their order, those that wait together.
func (s *socket) publish(c *call) error {
	_, f, err := placed(c)
	if err != nil {
		return err
	}
	var view struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(c.Params, &view) != nil || view.Data == nil {
		return &paramsError{c.Method}
	}
	channel := s.hub.settings.writable[f.name]
	if channel == nil || !allows(s.grant.Load().Publish, f) {
		return &Problem{Status: http.StatusForbidden, Detail: "the channel " + f.String() + " may not be published to"}
	}
	message, err := channel.message(f.subject, view.Data)
	if err != nil {
		return err
	}
	if err := s.remember(c); err != nil {
		c.answer(jsonrpc.Failure(c.ID, err))
		return nil
	}
	if !s.begins() {
		s.forget(c)
		return errStopping
	}
	c.cancel = func(error) {} // it may be published already
	s.guard.Lock()
	defer s.guard.Unlock()
	s.publishing = append(s.publishing, &publication{c, message})
	if !s.publishes {
		s.publishes = true
		go s.publishAll()
	}
	return nil
}

// published publishes messages, and turns a panic of the application's codec into an error.
func (s *socket) published(ctx context.Context, messages []bus.Message) (results bus.Results) {
	defer func() {
		if v := recover(); v != nil {
			s.panicked("a publication", v)
			results = make(bus.Results, len(messages))
			for i := range results {
				results[i].Err = errors.New("the publication panicked")
			}
		}
	}()
	return s.hub.bus.Publish(ctx, messages...)
}

// publishAll publishes what waits until nothing does.
func (s *socket) publishAll() {
	for {
		s.guard.Lock()
		waiting := s.publishing
		s.publishing = nil
		if len(waiting) == 0 {
			s.publishes = false
		}
		s.guard.Unlock()
		if len(waiting) == 0 {
			return
		}
		messages := make([]bus.Message, len(waiting))
		for i, p := range waiting {
			messages[i] = p.message
		}
		ctx, over := context.WithTimeout(s.asking(), usualTimeout)
		results := s.published(ctx, messages)
		for i, p := range waiting {
			s.forget(p.call)
			if err := results[i].Err; err != nil {
				s.hub.settings.logger.WarnContext(ctx, "push: a client's message was not published", "error", err)
				p.fail(ctx, &Problem{Status: http.StatusServiceUnavailable, Detail: "the message was perhaps not published"})
			} else {
				p.answer(jsonrpc.Result(p.ID, json.RawMessage("{}")))
			}
			s.done()
		}
		over()
	}
}
