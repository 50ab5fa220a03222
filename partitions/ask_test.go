//go:build synctests

package partitions_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

type withdrawal struct {
	Account string
	Cents   int64
}

var withdraw = partitions.NewCommand[withdrawal, changed]("withdraw", func(w withdrawal) string { return w.Account })

// teller withdraws from accounts that begin with 100 cents; what it does before it refuses must not remain.
func teller(node string) []partitions.Option {
	balance := partitions.NewTable[string, int64]("balance")
	return []partitions.Option{
		partitions.NodeID(node), partitions.Use(balance),
		partitions.Answer(withdraw, func(tx *partitions.Tx, w withdrawal) (changed, error) {
			v, found := balance.Get(tx, w.Account)
			if !found {
				v = 100
			}
			v -= w.Cents
			balance.Put(tx, w.Account, v)
			switch {
			case w.Cents == 0:
				return changed{}, errors.New("nothing")
			case w.Cents < 0:
				panic("no")
			case v < 0:
				return changed{}, &partitions.AskError{Code: "overdrawn", Message: "not enough"}
			}
			return changed{Account: w.Account, Balance: v}, nil
		}),
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		groups, stops := make(map[string]*partitions.Group), make(map[string]func())
		for _, node := range []string{"one", "two", "client"} {
			b := w.open()
			defer b.Close()
			options := teller(node)
			if node == "client" {
				options = append(options, partitions.Weight(0))
			}
			g, err := partitions.New(b, "bank", options...)
			if err != nil {
				t.Fatal(err)
			}
			groups[node], stops[node] = g, start(t, g)
		}
		<-time.After(time.Minute)
		for i := range 10 {
			account := fmt.Sprint("a", i)
			for step, asker := range []string{"client", "one", "two"} {
				answer, err := partitions.Ask(t.Context(), groups[asker], withdraw, withdrawal{account, 30})
				if err != nil || answer.Balance != 100-30*int64(step+1) {
					t.Errorf("%s: %+v, %v after %d withdrawals", account, answer, err, step+1)
				}
				for cents, code := range map[int64]string{1000: "overdrawn", 0: partitions.CodeFailed, -1: partitions.CodePanic} {
					_, err := partitions.Ask(t.Context(), groups[asker], withdraw, withdrawal{account, cents})
					refused, ok := errors.AsType[*partitions.AskError](err)
					if !ok || refused.Code != code || resilience.ClassOf(err) != resilience.ClassPermanent {
						t.Errorf("%s: %v, want the code %s", account, err, code)
					}
				}
			}
		}
		stops["one"]()
		stops["two"]()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := partitions.Ask(ctx, groups["client"], withdraw, withdrawal{"late", 30}); resilience.ClassOf(err) != resilience.ClassIndefinite {
			t.Errorf("%v, want an indefinite error while nobody answers", err)
		}
		stop := start(t, groups["one"])
		answer, err := partitions.Ask(t.Context(), groups["client"], withdraw, withdrawal{"late", 30})
		if err != nil || answer.Balance != 40 {
			t.Errorf("%+v, %v: want 40 left, since the command that nobody waited for is done too", answer, err)
		}
		stop()
		stops["client"]()
	})
}
