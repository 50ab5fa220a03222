package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// Methods that each hub has: see the package's documentation.
const (
	methodSubscribe   = "push.subscribe"
	methodUnsubscribe = "push.unsubscribe"
	methodPublish     = "push.publish"
	methodRefresh     = "push.refresh"
	methodHistory     = "push.history"
	methodPresence    = "push.presence"
)

// own sees to a call of one of these.
func (s *socket) own(c *call) bool {
	var err error
	switch c.Method {
	case methodSubscribe:
		err = s.subscribe(c)
	case methodUnsubscribe:
		err = s.unsubscribe(c)
	case methodPublish:
		err = s.publish(c)
	case methodRefresh:
		err = s.refresh(c)
	case methodHistory:
		err = s.recent(c)
	case methodPresence:
		err = s.present(c)
	default:
		return false
	}
	if err != nil {
		c.fail(s.base, err)
	}
	return true
}

// place is which channel a call is about.
type place struct {
	Channel string `json:"channel"`
	Key     string `json:"key"`
	// Since is the last id that the client has seen, where it wants what came after it.
	Since string `json:"since"`
}

// joined is where a client is live.
type joined struct {
	ID      string  `json:"id"`
	Outcome outcome `json:"outcome"`
}

// placed reads which channel a call is about.
func placed(c *call) (p place, f follow, err error) {
	f = follow{}
	if json.Unmarshal(c.Params, &p) == nil {
		f = follow{p.Channel, p.Key}
	}
	if !validName(f.name) || len(f.subject) > maxKeyLength {
		return p, f, &paramsError{c.Method}
	}
	return p, f, nil
}

// subscribe lets the client follow a channel. The call is answered when it is live there, behind what it has missed.
func (s *socket) subscribe(c *call) error {
	p, f, err := placed(c)
	switch {
	case err != nil:
		return err
	case c.ID == nil || c.batch != nil:
		return &Problem{Status: http.StatusBadRequest, Detail: "subscribe with an id, and not in a batch"}
	case !allows(s.grant.Load().Subscribe, f):
		return &Problem{Status: http.StatusForbidden, Detail: "the channel " + f.String() + " may not be followed"}
	}
	if err := s.take(f); err != nil {
		return err
	}
	if err := s.remember(c); err != nil {
		s.drop(f)
		c.answer(jsonrpc.Failure(c.ID, err))
		return nil
	}
	var ctx context.Context
	ctx, c.cancel = context.WithCancelCause(s.base)
	go s.join(ctx, c, f, p.Since)
	return nil
}

// take keeps a place for a channel that the client is going to follow.
func (s *socket) take(f follow) error {
	s.guard.Lock()
	defer s.guard.Unlock()
	if len(s.follows) >= s.hub.settings.channels {
		return &Problem{Status: http.StatusTooManyRequests, Detail: fmt.Sprintf("a connection follows %d channels at most", s.hub.settings.channels)}
	}
	for _, other := range s.follows {
		if f.overlaps(other.follow) {
			return &Problem{Status: http.StatusConflict, Detail: "the connection follows " + other.String() + " already"}
		}
	}
	s.follows = append(s.follows, followed{follow: f})
	return nil
}

// followed is what a connection follows, or is going to.
type followed struct {
	follow

	live bool
}

// find is the place of what is followed, -1 where it is not. The guard is held.
func (s *socket) find(f follow) int {
	return slices.IndexFunc(s.follows, func(one followed) bool { return one.follow == f })
}

func (s *socket) drop(f follow) {
	s.guard.Lock()
	defer s.guard.Unlock()
	if at := s.find(f); at >= 0 {
		s.follows = slices.Delete(s.follows, at, at+1)
	}
}

// join brings the client to where it is live.
func (s *socket) join(ctx context.Context, c *call, f follow, since string) {
	defer c.cancel(nil)
	r := &resumption{hub: s.hub, client: &s.client, channels: []follow{f}, since: since}
	r.allowed = func() bool { return allows(s.grant.Load().Subscribe, f) }
	r.result = func(id string, how outcome) []byte {
		s.guard.Lock()
		s.follows[s.find(f)].live = true
		s.guard.Unlock()
		return framed(opText, jsonrpc.Result(c.ID, encode(joined{id, how})))
	}
	err := s.replay(ctx, r)
	r.release()
	s.forget(c)
	if err != nil {
		s.drop(f)
		if _, told := errors.AsType[*Problem](err); !told && context.Cause(ctx) == nil {
			err = &Problem{Status: http.StatusServiceUnavailable, Detail: err.Error()}
		}
		c.fail(ctx, err)
		return
	}
	s.hub.meters.began(s.base, r.how, formatSocket) //nolint:contextcheck // the call is over
}

// replay sends what is missed, of one channel of the connection after the other, and some at a time: what is not read yet is bounded.
func (s *socket) replay(ctx context.Context, r *resumption) error {
	select {
	case s.joining <- struct{}{}:
		defer func() { <-s.joining }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for {
		if err := s.emptied(ctx); err != nil {
			return err
		}
		page, err := r.next(ctx)
		if err != nil || r.joined {
			return err
		}
		s.put(page)
	}
}

// unsubscribe ends what subscribe began.
func (s *socket) unsubscribe(c *call) error {
	_, f, err := placed(c)
	if err != nil {
		return err
	}
	s.guard.Lock()
	at := s.find(f)
	live := at >= 0 && s.follows[at].live
	s.guard.Unlock()
	switch {
	case at < 0:
		return &Problem{Status: http.StatusNotFound, Detail: "the connection does not follow " + f.String()}
	case !live:
		return &Problem{Status: http.StatusConflict, Detail: "the connection does not follow " + f.String() + " yet: interrupt its call instead"}
	}
	s.drop(f)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.unfollow(&s.client, f)
	c.answer(jsonrpc.Result(c.ID, json.RawMessage("{}")))
	return nil
}
