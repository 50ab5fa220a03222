package typescript_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"sync/atomic"

	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

// procedures are what the client's tests call, and what is seen of that.
type procedures struct {
	made  atomic.Int64 // values of streams
	ended chan string  // why calls ended
}

type sum struct {
	A int `json:"a"`
	B int `json:"b"`
}

func (p *procedures) offered() push.Option {
	add := push.NewMethod[sum, int]("math.add")
	who := push.NewMethod[struct{}, string]("who")
	refuse := push.NewMethod[string, int]("refuse")
	hang := push.NewMethod[struct{}, int]("hang")
	note := push.NewMethod[string, string]("note")
	count := push.NewStream[int, item]("count")
	return push.RPC(
		add.Handle(func(_ context.Context, s sum) (int, error) { return s.A + s.B, nil }),
		who.Handle(func(ctx context.Context, _ struct{}) (string, error) { return string(request.From(ctx).Principal), nil }),
		refuse.Handle(func(_ context.Context, what string) (int, error) {
			return 0, &push.Problem{Type: "https://example.com/sold", Status: http.StatusConflict, Detail: what + " is sold"}
		}),
		hang.Handle(func(ctx context.Context, _ struct{}) (int, error) {
			<-ctx.Done()
			p.ended <- why(ctx)
			return 0, ctx.Err()
		}),
		note.Handle(func(_ context.Context, text string) (string, error) { p.ended <- "noted " + text; return text, nil }),
		count.Handle(p.count),
	)
}

// count counts to a number, and without end to a negative one; the thousandth value that it is asked for is an error.
func (p *procedures) count(ctx context.Context, to int) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		defer func() { p.ended <- why(ctx) }()
		for n := 0; n != to; n++ {
			if n == 1000 && to > 0 {
				yield(item{}, &push.Problem{Status: http.StatusConflict, Detail: "enough"})
				return
			}
			p.made.Add(1)
			if !yield(item{N: n}, nil) {
				return
			}
		}
	}
}

func why(ctx context.Context) string {
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return "done"
	case errors.Is(cause, push.ErrInterrupted):
		return "interrupted"
	case errors.Is(cause, push.ErrDisconnected):
		return "disconnected"
	default:
		return cause.Error()
	}
}
