package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"

	"github.com/millrace/millrace/bus"
)

// Method is what a client calls with an In and gets an Out from. Its definition is data; [Method.Handle] says what it does.
type Method[In, Out any] struct{ procedure[In, Out] }

// Stream is what a client calls with an In and gets any number of Outs from.
type Stream[In, Out any] struct{ procedure[In, Out] }

// NewMethod defines a method. The name is 1 to 64 letters, digits, and . _ - /, beginning with a letter; those that begin with "push." or
// "rpc." are taken. In and Out are JSON. What is wrong with it is returned by [New], which is given it by [RPC].
func NewMethod[In, Out any](name string) Method[In, Out] {
	return Method[In, Out]{defined[In, Out](name)}
}

// NewStream defines a stream, under a name like a method's.
func NewStream[In, Out any](name string) Stream[In, Out] {
	return Stream[In, Out]{defined[In, Out](name)}
}

type procedure[In, Out any] struct {
	name string
	in   bus.Codec[In]
	out  bus.Codec[Out]
	err  error
}

var methodName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9._/-]{0,63}$`)

func defined[In, Out any](name string) procedure[In, Out] {
	p := procedure[In, Out]{name: name, in: bus.JSON[In](), out: bus.JSON[Out]()}
	if !methodName.MatchString(name) || strings.HasPrefix(name, "push.") || strings.HasPrefix(name, "rpc.") {
		p.err = fmt.Errorf("the method %q must be 1 to 64 of a-z A-Z 0-9 . _ - /, begin with a letter, and not with push. or rpc.: "+
			"these are taken", name)
	}
	return p
}

// Name is what clients call it by.
func (p procedure[In, Out]) Name() string { return p.name }

// paramsError says that a call's params are not what its method takes.
type paramsError struct{ method string }

func (e *paramsError) Error() string { return "the params are not what " + e.method + " takes" }

func (p procedure[In, Out]) given(params json.RawMessage) (in In, err error) {
	if params == nil {
		params = json.RawMessage("null")
	}
	if in, err = p.in.Decode(params); err != nil {
		return in, &paramsError{p.name}
	}
	return in, nil
}

// Handle is the method with what it does. The context carries who asks, as [request.From] tells, and the call's trace; it ends after its
// [Timeout], with the connection, and when the client interrupts the call. An error that is a [Problem] is told to the client; any other is
// logged, and the client is told that the call failed.
func (m Method[In, Out]) Handle(f func(context.Context, In) (Out, error), opts ...ProcedureOption) Procedure {
	p := Procedure{name: m.name, described: m.described(kindMethod), timeout: usualTimeout, err: m.err}
	if f == nil {
		p.err = errors.Join(p.err, fmt.Errorf("the method %q: what it does is nil", m.name))
	}
	p.apply(opts)
	p.invoke = func(ctx context.Context, c *call) (json.RawMessage, error) {
		in, err := m.given(c.Params)
		if err != nil {
			return nil, err
		}
		c.begun()
		out, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		return m.out.Encode(out)
	}
	return p
}

// Handle is the stream with what it does: see [Method.Handle]. The client has all that comes, in order, and what comes faster than it takes it
// waits. An error ends it.
func (s Stream[In, Out]) Handle(f func(context.Context, In) iter.Seq2[Out, error], opts ...ProcedureOption) Procedure {
	p := Procedure{name: s.name, described: s.described(kindStream), stream: true, err: s.err}
	if f == nil {
		p.err = errors.Join(p.err, fmt.Errorf("the stream %q: what it does is nil", s.name))
	}
	p.apply(opts)
	p.invoke = func(ctx context.Context, c *call) (json.RawMessage, error) {
		in, err := s.given(c.Params)
		if err != nil {
			return nil, err
		}
		if c.ID == nil || c.batch != nil || c.Discard {
			return nil, &Problem{Status: 400, Detail: "a stream is called with an id, not in a batch, and for its values"}
		}
		for out, err := range f(ctx, in) {
			if err != nil {
				return nil, errors.Join(err, c.rest(ctx))
			}
			value, err := s.out.Encode(out)
			if err == nil {
				err = c.push(ctx, value)
			}
			if err != nil {
				return nil, err
			}
		}
		return nil, c.rest(ctx)
	}
	return p
}
