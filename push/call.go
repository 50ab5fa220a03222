package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"go.opentelemetry.io/otel/propagation"

	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// call is one that a client waits for, or a notification.
type call struct {
	jsonrpc.Request

	socket *socket
	batch  *batch
	cancel context.CancelCauseFunc
	flow   flow // of its answer, where that comes in chunks
	over   bool // answered, since nobody wants to know what comes of it
}

// Causes by which a call's context ends, beside its time-out.
var (
	// ErrInterrupted says that the client does not want to know any more.
	ErrInterrupted = errors.New("push: the client has interrupted the call")
	// ErrDisconnected says that the connection is over.
	ErrDisconnected = errors.New("push: the connection is over")
)

// run makes the call, and answers it.
func (c *call) run(ctx context.Context, p *Procedure) {
	if !p.stream {
		defer c.socket.done()
	}
	defer c.cancel(nil)
	if p.timeout > 0 {
		var over context.CancelFunc
		ctx, over = context.WithTimeout(ctx, p.timeout)
		defer over()
	}
	result, err := c.made(ctx, p)
	c.socket.forget(c)
	if err != nil {
		c.fail(ctx, err)
		return
	}
	c.answer(jsonrpc.Result(c.ID, result))
}

// made calls the procedure, and turns a panic into an error.
func (c *call) made(ctx context.Context, p *Procedure) (result json.RawMessage, err error) {
	defer func() {
		if v := recover(); v != nil {
			c.socket.hub.settings.logger.ErrorContext(ctx, "push: a procedure panicked",
				"method", p.name, "error", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = &Problem{Status: 500, Detail: "the procedure failed"}
		}
	}()
	invoke := func(ctx context.Context) (err error) {
		result, err = p.invoke(ctx, c)
		return err
	}
	for _, around := range c.socket.hub.settings.around {
		next := invoke
		invoke = func(ctx context.Context) error { return around(ctx, Call{Method: c.Method, Headers: c.Headers}, next) }
	}
	return result, invoke(ctx)
}

// traced is the context of the call's trace, which its headers or its ids name.
func (c *call) traced(ctx context.Context) context.Context {
	carrier := propagation.MapCarrier{}
	for _, h := range c.Headers {
		carrier[h[0]] = h[1]
	}
	if c.TraceID != "" && c.SpanID != "" {
		flags := "00"
		if c.Sampled {
			flags = "01"
		}
		carrier["traceparent"] = "00-" + c.TraceID + "-" + c.SpanID + "-" + flags
	}
	if len(carrier) == 0 {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, carrier)
}

// fail answers with an error: one that clients are told of as it is, and any other as no more than that.
func (c *call) fail(ctx context.Context, err error) {
	c.answer(jsonrpc.Failure(c.ID, c.failure(ctx, err)))
}

func (c *call) failure(ctx context.Context, err error) *jsonrpc.Error {
	problem, told := errors.AsType[*Problem](err)
	params, malformed := errors.AsType[*paramsError](err)
	switch {
	case told:
		return rpc(problem)
	case malformed:
		return &jsonrpc.Error{Code: jsonrpc.CodeParams, Message: params.Error()}
	case errors.Is(context.Cause(ctx), ErrInterrupted):
		return &jsonrpc.Error{Code: jsonrpc.CodeCancelled, Message: "the call was interrupted"}
	case errors.Is(context.Cause(ctx), ErrDisconnected): // nobody is told
		return &jsonrpc.Error{Code: jsonrpc.CodeCancelled, Message: ErrDisconnected.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return rpc(&Problem{Status: 504, Detail: "the call took too long"})
	}
	c.socket.hub.settings.logger.ErrorContext(ctx, "push: a procedure failed", "method", c.Method, "error", err)
	return &jsonrpc.Error{Code: jsonrpc.CodeInternal, Message: "the call failed"}
}

// begun answers a call of whose outcome nobody wants to know, but that it has begun.
func (c *call) begun() {
	if c.Discard {
		c.answer(jsonrpc.Result(c.ID, nil))
		c.over = true
	}
}

// answer sends the answer, with those of the call's batch where it has one. A notification has none.
func (c *call) answer(answer []byte) {
	switch {
	case c.ID == nil || c.over:
	case c.batch != nil:
		c.batch.add(c.socket, answer)
	default:
		c.socket.reply(answer)
	}
}

// batch is calls that came together, whose answers go together.
type batch struct {
	mu      sync.Mutex
	open    int
	bytes   int
	answers [][]byte
}

func (b *batch) add(s *socket, answer []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bytes += len(answer); b.bytes > s.hub.settings.queueBytes {
		answer = jsonrpc.Failure(nil, rpc(&Problem{Status: 413, Detail: "the answers to the batch are too large together"}))
	}
	b.answers = append(b.answers, answer)
	if b.open--; b.open == 0 {
		s.reply(jsonrpc.Batch(b.answers))
	}
}

// reply queues a message for the client.
func (s *socket) reply(message []byte) { s.send(s.base, frameOf(framed(opText, message))) }
