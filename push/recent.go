package push

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// Bounds of the answer to a question for what was.
const (
	usualRecent = 100
	mostRecent  = 1000
	recentBytes = 1 << 20
)

// recent answers with the newest messages that the hub has in its memory of a channel, or of one of its keys, the oldest first.
func (s *socket) recent(c *call) error {
	_, f, err := placed(c)
	var with struct {
		Limit int `json:"limit"`
	}
	if err == nil && (json.Unmarshal(c.Params, &with) != nil || with.Limit < 0 || with.Limit > mostRecent) {
		err = &paramsError{c.Method}
	}
	if err != nil {
		return err
	}
	if !allows(s.grant.Load().Subscribe, f) {
		return &Problem{Status: http.StatusForbidden, Detail: "the channel " + f.String() + " may not be followed"}
	}
	if with.Limit == 0 {
		with.Limit = usualRecent
	}
	if c.batch != nil {
		return &Problem{Status: http.StatusBadRequest, Detail: "history is not asked for in a batch"}
	}
	if err := s.remember(c); err != nil {
		c.answer(jsonrpc.Failure(c.ID, err))
		return nil
	}
	var ctx context.Context
	ctx, c.cancel = context.WithCancelCause(s.base)
	go s.recall(ctx, c, f, with.Limit)
	return nil
}

// recall answers with what there is once the hub reads the channel.
func (s *socket) recall(ctx context.Context, c *call, f follow, limit int) {
	defer c.cancel(nil)
	s.hub.mu.Lock()
	in := s.hub.scope(f)
	s.hub.mu.Unlock()
	limited, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	err := s.hub.want(limited, &s.client, in)
	s.forget(c)
	if err != nil {
		if context.Cause(ctx) == nil {
			err = &Problem{Status: http.StatusServiceUnavailable, Detail: err.Error()}
		}
		c.fail(ctx, err)
		return
	}
	s.hub.mu.Lock()
	held, at, newest := slices.Clone(s.hub.memory.held(f.name)), s.hub.position.clone(), s.hub.interest.newest(s.hub.scope(f))
	s.hub.mu.Unlock()
	var found [][]byte
	left := recentBytes
	for _, m := range slices.Backward(held) {
		if len(found) == limit || left < 0 {
			break
		}
		if s.may(m) && (f.subject == "" || f.subject == m.subject) {
			id := m.id
			if m.reading < newest { // it says too much of other partitions, or nothing
				id = position{at.epoch, at.count, map[bus.Partition]int64{m.partition: m.offset}}.String()
			}
			line := bytes.TrimSuffix(lines{}.message(m, id), []byte("\n"))
			found, left = append(found, line), left-len(line)
		}
	}
	slices.Reverse(found)
	messages := bytes.Join(found, []byte(","))
	all := bytes.Join([][]byte{[]byte(`{"messages":[`), messages, []byte(`],"id":`), encode(at.String()), []byte("}")}, nil)
	c.answer(jsonrpc.Result(c.ID, all))
}

// held is what the memory has of a channel.
func (m *memory) held(name string) []*message {
	if at, ok := m.channels[name]; ok {
		return at.history.messages
	}
	return nil
}
