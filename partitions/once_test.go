//go:build synctests

package partitions_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
)

var (
	drawn = partitions.NewTable[string, int64]("drawn")
	draw  = partitions.NewCommand[withdrawal, *changed]("draw", func(w withdrawal) string { return w.Account })
)

// drawers draw from accounts, and remember their answers for an hour. More than 100 cents is refused.
func drawers(b *bus.Bus) (*partitions.Group, error) {
	forgetful := partitions.NewCommand[withdrawal, int]("forgetful", func(w withdrawal) string { return w.Account })
	return partitions.New(b, "drawers", partitions.Use(drawn),
		partitions.Answer(draw, func(tx *partitions.Tx, w withdrawal) (*changed, error) {
			sum, _ := drawn.Get(tx, w.Account)
			drawn.Put(tx, w.Account, sum+w.Cents)
			switch {
			case w.Cents == 0:
				return nil, nil //nolint:nilnil // an answer that is null
			case w.Cents < 0:
				draw.Later(tx)
			case sum+w.Cents > 100:
				return nil, &partitions.AskError{Code: "poor", Message: "no"}
			}
			return &changed{Account: w.Account, Balance: sum + w.Cents}, nil
		}, partitions.Remember(time.Hour)),
		partitions.Answer(forgetful, func(*partitions.Tx, withdrawal) (int, error) { return 0, nil }))
}

// TestOnce asks the same again, of other nodes and owners too: it is done once, and answered as it was.
func TestOnce(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		group := w.Group(drawers)
		one, two := group.Start(), group.Start()
		w.Settle()
		ask := func(ctx context.Context, of partitions.Asked, cents int64, name string) (int64, string) {
			t.Helper()
			got, err := partitions.Ask(ctx, of, draw, withdrawal{"ada", cents}, partitions.Once(name))
			if refused, ok := errors.AsType[*partitions.AskError](err); ok {
				return 0, refused.Code
			}
			if err != nil {
				t.Error(err)
			}
			if got == nil {
				return 0, "null"
			}
			return got.Balance, ""
		}
		acme := request.With(t.Context(), request.Info{Tenant: "acme"})
		outside := partitions.Outside(w.Bus(), "drawers")
		for i, test := range []struct {
			ctx   context.Context //nolint:containedctx // a table
			of    partitions.Asked
			cents int64
			name  string
			left  int64
			code  string
		}{
			{t.Context(), one.Group(), 40, "a", 40, ""},
			{t.Context(), two.Group(), 40, "a", 40, ""},
			{t.Context(), outside, 40, "a", 40, ""},
			{t.Context(), two.Group(), 41, "a", 0, partitions.CodeReused},
			{t.Context(), two.Group(), 40, "b", 80, ""},
			{acme, two.Group(), 5, "a", 85, ""},
			{t.Context(), one.Group(), 40, "c", 0, "poor"},
			{t.Context(), one.Group(), 15, "c", 100, ""}, // what was refused has given the name to nothing
			{t.Context(), one.Group(), 15, "c", 100, ""},
			{t.Context(), one.Group(), 0, "d", 0, "null"},
			{t.Context(), two.Group(), 0, "d", 0, "null"},
			{t.Context(), one.Group(), -1, "e", 0, partitions.CodeFailed}, // it would be answered later
		} {
			if left, code := ask(test.ctx, test.of, test.cents, test.name); left != test.left || code != test.code {
				t.Errorf("%d: %d left, %q; want %d, %q", i, left, code, test.left, test.code)
			}
		}
		group.Owner("ada").Stop() // its shards are another's now
		w.Settle()
		owner := group.Owner("ada").Group()
		if left, code := ask(t.Context(), owner, 40, "a"); left != 40 || code != "" {
			t.Errorf("the next owner has forgotten: %d %q", left, code)
		}
		if sum, _ := partitionstest.Row(group, drawn, "ada"); sum != 100 {
			t.Errorf("%d were drawn in all", sum)
		}
		w.Advance(61 * time.Minute)
		if _, code := ask(t.Context(), owner, 40, "a"); code != "poor" {
			t.Errorf("after the time it is looked at anew: %q", code)
		}
	})
}

// TestOnceMisuse names questions that nobody remembers, and questions that cannot be named.
func TestOnceMisuse(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		node := w.Group(drawers).Start()
		w.Settle()
		plain := partitions.NewCommand[withdrawal, int]("forgetful", func(w withdrawal) string { return w.Account })
		_, err := partitions.Ask(t.Context(), partitions.Outside(w.Bus(), "drawers"), plain, withdrawal{"ada", 1}, partitions.Once("a"))
		if refused, _ := errors.AsType[*partitions.AskError](err); refused == nil || refused.Code != partitions.CodeUnknown {
			t.Errorf("a command that is not remembered: %v", err)
		}
		for _, opt := range []partitions.AskOption{partitions.Once(""), partitions.Once(string(make([]byte, 256))), nil} {
			if _, err := partitions.Ask(t.Context(), node.Group(), draw, withdrawal{"ada", 1}, opt); err == nil {
				t.Errorf("%v was taken", opt)
			}
		}
		for _, opt := range []partitions.AnswerOption{partitions.Remember(time.Millisecond), nil} {
			_, err := partitions.New(w.Bus(), "g", partitions.Answer(draw, func(*partitions.Tx, withdrawal) (*changed, error) { return nil, nil }, opt))
			if err == nil {
				t.Errorf("%v was taken", opt)
			}
		}
	})
}
