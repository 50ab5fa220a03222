package soak_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/sagas"
)

// TestBankOracleFinds plays the history of two transfers with one thing wrong at a time.
func TestBankOracleFinds(t *testing.T) {
	t.Parallel()
	type told = sagas.Told
	done := func(step string, undo bool) sagas.Done { return sagas.Done{At: step, Step: step, Undo: undo} }
	begun := func(id string) told { return told{ID: id, Status: sagas.Running} }
	completed := told{ID: "t1", Was: sagas.Running, Status: sagas.Completed, Done: []sagas.Done{done("withdraw", false), done("deposit", false)}}
	failed := told{ID: "t2", Was: sagas.Running, Status: sagas.Compensating, Done: []sagas.Done{done("withdraw", false)}}
	undone := told{ID: "t2", Was: sagas.Compensating, Status: sagas.Compensated, Done: []sagas.Done{done("withdraw", true)}}
	history := []told{begun("t1"), completed, begun("t2"), failed, undone}
	money := map[string]int64{"a1": opening - 5, "a2": opening + 5}
	made := map[string]paid{
		"k1": {Saga: "t1", By: -5, Is: payMade}, "k2": {Saga: "t1", By: 5, Is: payMade}, "k3": {Saga: "t2", By: -7, Is: payBack},
	}
	with := func(key string, p paid) map[string]paid {
		other := map[string]paid{key: p}
		for k, v := range made {
			if k != key {
				other[k] = v
			}
		}
		return other
	}
	for _, mistake := range []struct {
		name, says string
		told       []told
		money      map[string]int64
		made       map[string]paid
	}{
		{"nothing", "", history, money, made},
		{"a saga that is lost", "2 transfers have not ended", nil, money, nil},
		{"a saga that hangs", "1 transfers have not ended, such as t2", history[:4], money, made},
		{"a saga that ends twice", `t1 is completed after "completed"`, append(history[:5:5], completed), money, made},
		{"a step twice", "step deposit deposit is told with undo false after 1 ends", append(history[:1:1], told{
			ID: "t1", Was: sagas.Running, Status: sagas.Running, Done: []sagas.Done{done("deposit", false)},
		}, completed), money, made},
		{"an undo before its step", "is told with undo true after 0 ends", []told{begun("t2"), {
			ID: "t2", Was: sagas.Running, Status: sagas.Compensated, Done: []sagas.Done{done("withdraw", true)},
		}}, money, made},
		{"money that is lost", "cents in 2 accounts", history, map[string]int64{"a1": opening - 5, "a2": opening}, made},
		{
			"a payment that is left", "t2 is compensated, and 1 of its payments are made", history, money,
			with("k3", paid{Saga: "t2", By: -7, Is: payMade}),
		},
		{"a payment that is missing", "t1 is completed, and 1 of its payments", history, money, with("k2", paid{Saga: "t1", By: 5, Is: payBack})},
		{"a payment of nobody", "of which nothing was told", history, money, with("k4", paid{Saga: "t9", By: 1, Is: payBack})},
	} {
		var broken []string
		o := newBankOracle(func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) })
		o.started("t1")
		o.started("t2")
		for _, told := range mistake.told {
			o.told(told)
		}
		o.count(mistake.money, mistake.made)
		said := strings.Join(append(broken, o.missing()), "\n")
		if !strings.Contains(said, mistake.says) || mistake.says == "" && strings.TrimSpace(said) != "" {
			t.Errorf("%s: the oracle says %q, want %q", mistake.name, said, mistake.says)
		}
	}
}
