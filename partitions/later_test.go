//go:build synctests

package partitions_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/partitions"
)

// door opens for those who wait at it when somebody opens it.
func door(node string) []partitions.Option {
	waiting := partitions.NewTable[string, []partitions.Question]("waiting")
	return []partitions.Option{
		partitions.NodeID(node), partitions.Use(waiting),
		partitions.Answer(knock, func(tx *partitions.Tx, w withdrawal) (changed, error) {
			q := knock.Later(tx)
			at, _ := waiting.Get(tx, w.Account)
			waiting.Put(tx, w.Account, append(at, q))
			if w.Cents < 0 {
				return changed{}, errors.New("go away")
			}
			return changed{}, nil
		}),
		partitions.Answer(open, func(tx *partitions.Tx, w withdrawal) (changed, error) {
			at, _ := waiting.Get(tx, w.Account)
			knock.Reply(tx, changed{Account: w.Account, Balance: w.Cents}, at...)
			waiting.Delete(tx, w.Account)
			return changed{Balance: int64(len(at))}, nil
		}),
	}
}

var (
	knock = partitions.NewCommand[withdrawal, changed]("knock", func(w withdrawal) string { return w.Account })
	open  = partitions.NewCommand[withdrawal, changed]("open", func(w withdrawal) string { return w.Account })
)

func TestLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		groups, stops := make(map[string]*partitions.Group), make(map[string]func())
		for _, node := range []string{"one", "two"} {
			b := w.open()
			defer b.Close()
			g, err := partitions.New(b, "doors", door(node)...)
			if err != nil {
				t.Fatal(err)
			}
			groups[node], stops[node] = g, start(t, g)
		}
		<-time.After(time.Minute)
		type answer struct {
			changed

			err error
		}
		answers := make(chan answer, 10)
		for i := range 10 {
			go func() {
				out, err := partitions.Ask(t.Context(), groups["two"], knock, withdrawal{string(rune('a' + i)), 0})
				answers <- answer{out, err}
			}()
		}
		if _, err := partitions.Ask(t.Context(), groups["two"], knock, withdrawal{"a", -1}); err == nil {
			t.Error("a handler that failed has been kept")
		}
		<-time.After(time.Minute)
		stops["one"]()
		if len(answers) > 0 {
			t.Errorf("%+v before anybody opened", <-answers)
		}
		for i := range 10 {
			out, err := partitions.Ask(t.Context(), groups["two"], open, withdrawal{string(rune('a' + i)), 7})
			if err != nil || out.Balance != 1 {
				t.Errorf("%+v, %v", out, err)
			}
			if got := <-answers; got.err != nil || got.Account != string(rune('a'+i)) || got.Balance != 7 {
				t.Errorf("%+v for %c", got, 'a'+i)
			}
		}
		stops["two"]()
	})
}
