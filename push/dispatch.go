package push

import (
	"context"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// calls is what a connection's client waits for.
type calls struct {
	guard   sync.Mutex
	byID    map[string]*call
	pending int // notifications too
	sends   bucket

	follows    []followed
	publishing []*publication // that wait
	publishes  bool
}

// receive sees to a message. It is false where the connection is to end.
func (s *socket) receive(message []byte) bool {
	if !utf8.Valid(message) {
		s.end(whyText)
		return false
	}
	requests, batched, err := jsonrpc.Parse(message)
	if err != nil {
		s.reply(jsonrpc.Failure(nil, err))
		return s.spend()
	}
	var together *batch
	if batched {
		together = &batch{}
		for i := range requests {
			if requests[i].Answered() {
				together.open++
			}
		}
	}
	for i := range requests {
		if !s.serving(time.Now()) || !s.dispatch(&call{Request: requests[i], socket: s, batch: together}) {
			return false
		}
	}
	return true
}

// dispatch sees to a request.
func (s *socket) dispatch(c *call) bool {
	switch c.Method {
	case jsonrpc.Ping:
		s.reply(jsonrpc.Notification(jsonrpc.Pong, nil))
		return s.spend()
	case jsonrpc.Pong, jsonrpc.EOF:
		return s.spend()
	case jsonrpc.Ack:
		if other := s.of(c); other != nil && other.acknowledged() {
			return true
		}
		return s.spend()
	case jsonrpc.Interrupt, jsonrpc.Cancel:
		if other := s.of(c); other != nil {
			other.cancel(ErrInterrupted)
		}
		return s.spend()
	}
	if !s.spend() {
		return false
	}
	if c.Err != nil {
		answer := jsonrpc.Failure(c.ID, c.Err)
		if c.batch != nil {
			c.batch.add(s, answer)
		} else {
			s.reply(answer)
		}
		return true
	}
	s.begin(c)
	return true
}

// begin lets a call begin, or refuses it.
func (s *socket) begin(c *call) {
	if s.stopping.Load() {
		c.fail(s.base, errStopping)
		return
	}
	if err := s.afford(c); err != nil {
		c.fail(s.base, err)
		return
	}
	if s.own(c) {
		return
	}
	p := s.hub.settings.procedures[c.Method]
	if p == nil {
		c.answer(jsonrpc.Failure(c.ID, &jsonrpc.Error{Code: jsonrpc.CodeMethod, Message: "there is no such method"}))
		return
	}
	if err := s.remember(c); err != nil {
		c.answer(jsonrpc.Failure(c.ID, err))
		return
	}
	if !p.stream && !s.begins() {
		s.forget(c)
		c.fail(s.base, errStopping)
		return
	}
	var ctx context.Context
	ctx, c.cancel = context.WithCancelCause(c.traced(s.asking()))
	go c.run(ctx, p)
}

// remember counts a call among those that are under way.
func (s *socket) remember(c *call) *jsonrpc.Error {
	s.guard.Lock()
	defer s.guard.Unlock()
	switch {
	case s.pending >= s.hub.settings.atOnce:
		return rpc(&Problem{Status: 429, Detail: "too many calls are under way: wait for some of them"})
	case s.byID[string(c.ID)] != nil:
		return &jsonrpc.Error{Code: jsonrpc.CodeRequest, Message: "another call that is under way has this id"}
	}
	s.pending++
	if c.ID != nil {
		if s.byID == nil {
			s.byID = make(map[string]*call)
		}
		s.byID[string(c.ID)] = c
	}
	return nil
}

// forget notes that a call is over.
func (s *socket) forget(c *call) {
	s.guard.Lock()
	defer s.guard.Unlock()
	s.pending--
	if c.ID != nil {
		delete(s.byID, string(c.ID))
	}
	if len(s.byID) == 0 { // most connections are quiet
		s.byID = nil
	}
}

// of is the call that a control message is about, if it is under way.
func (s *socket) of(c *call) *call {
	id := c.Call()
	s.guard.Lock()
	defer s.guard.Unlock()
	if id == nil {
		return nil
	}
	return s.byID[string(id)]
}

// spend takes a message off what the client may send, or ends it.
func (s *socket) spend() bool {
	if !s.sends.take(s.hub.settings.rate, time.Now()) {
		s.end(whyFlood)
		return false
	}
	return true
}
