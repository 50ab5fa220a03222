package sagas

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// Query is a value that a flow shows and that others look at while it goes on. Its definition is data.
type Query[T any] struct {
	name  string
	value bus.Codec[T]
	err   error
}

// NewQuery defines a query. Names are like those of [NewStep], and values are JSON, 50,000 bytes at most, and 100,000 together.
func NewQuery[T any](name string) *Query[T] {
	q := &Query[T]{name: name, value: bus.JSON[T]()}
	if !namePattern.MatchString(name) {
		q.err = fmt.Errorf("%w: query %q: the name must be 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter", ErrDefinition, name)
	}
	return q
}

// Err says what is wrong with the definition, or nil.
func (q *Query[T]) Err() error { return q.err }

const (
	maxView  = 50_000
	maxViews = 100_000
)

// shown is how much the flow shows, apart from one query.
func (r *run) shown(apart string) (size int) {
	for name, raw := range r.views {
		if name != apart {
			size += len(raw)
		}
	}
	return size
}

// Show shows a value from now on. Others see it as soon as the flow waits for something.
func (q *Query[T]) Show(s *Saga, value T) {
	s.living()
	raw, err := q.value.Encode(value)
	switch {
	case q.err != nil:
		s.abort("a query is defined wrongly")
	case err != nil || len(raw) > maxView || s.run.shown(q.name)+len(raw) > maxViews:
		s.abort("the value of the query " + q.name + " cannot be kept: it is larger than 50,000 bytes, with others than 100,000, or no JSON")
	}
	s.run.views[q.name] = raw
}

// Of is what a saga shows now, or has shown at its end. Where it shows nothing, or does not exist, the error is [ErrNotFound].
func (q *Query[T]) Of(ctx context.Context, saga Queried) (T, error) {
	var value T
	if q.err != nil {
		return value, q.err
	}
	raw, err := saga.view(ctx, q.name)
	if err != nil {
		return value, err
	}
	if value, err = q.value.Decode(raw); err != nil {
		return value, resilience.Permanent(fmt.Errorf("sagas: the query %s cannot be read: %w", q.name, err))
	}
	return value, nil
}

// Queried is a [Handle].
type Queried interface {
	view(ctx context.Context, name string) (json.RawMessage, error)
}

func (h Handle[In, Out]) view(ctx context.Context, name string) (json.RawMessage, error) {
	return inquire(ctx, h, h.flow.views, asked{ID: h.id, View: name})
}

func (n *runner) view(tx *partitions.Tx, in asked) (json.RawMessage, error) {
	_, past, err := n.find(tx, in)
	if err != nil {
		return nil, err
	}
	raw, shown := past.Head.Views[in.View]
	if !shown {
		return nil, &partitions.AskError{Code: codeNotFound, Message: "the saga shows nothing of that name"}
	}
	return raw, nil
}
