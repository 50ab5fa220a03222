package soak_test

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"
)

// lockOp is what a holder did with one name, for porcupine.
type lockOp struct {
	acquire bool
	name    string
	token   int64
}

// lockState is one name: free, or held by a token, and the newest token that it was ever held by.
type lockState struct{ holder, newest int64 }

func lockModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return lockState{holder: -1, newest: -1} },
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			byName := make(map[string][]porcupine.Operation)
			for _, each := range all {
				name := each.Input.(lockOp).name
				byName[name] = append(byName[name], each)
			}
			var parts [][]porcupine.Operation
			for _, part := range byName {
				parts = append(parts, part)
			}
			return parts
		},
		Step: func(state, input, _ any) (bool, any) {
			at, did := state.(lockState), input.(lockOp)
			if did.acquire {
				return at.holder == -1 && did.token > at.newest, lockState{did.token, did.token}
			}
			return at.holder == did.token, lockState{-1, at.newest}
		},
		DescribeOperation: func(input, _ any) string { return fmt.Sprintf("%+v", input) },
	}
}

// tenure is what one process noted of one name that it held.
type tenure struct {
	called, granted, believed, released int64
}

// lockOps are the operations of one process. A lease that was not given back may have passed to others as soon as it
// was last looked at and good: who stands still, is killed or cut off believes in nothing after that.
func lockOps(notes []note) []porcupine.Operation {
	type of struct {
		name  string
		token int64
	}
	tenures := make(map[of]*tenure)
	for _, n := range notes {
		at := of{n.Name, n.Token}
		switch t := tenures[at]; n.What {
		case granted:
			tenures[at] = &tenure{called: n.Call, granted: n.At, believed: n.Call, released: math.MaxInt64}
		case believes:
			t.believed = n.At
		case over:
			if n.Text == "" {
				t.believed = n.At
			}
		case released:
			t.released = n.At
		case reigns, begins, ends, handles:
		}
	}
	var ops []porcupine.Operation
	for at, t := range tenures {
		ops = append(ops,
			porcupine.Operation{Input: lockOp{true, at.name, at.token}, Call: t.called, Return: t.granted},
			porcupine.Operation{Input: lockOp{false, at.name, at.token}, Call: t.believed, Return: t.released})
	}
	return ops
}

// checkLocks asks porcupine whether the holders' notes are those of locks. It returns how often names were held.
func checkLocks(journals map[string][]note, breaks func(format string, args ...any)) int {
	var ops []porcupine.Operation
	for _, notes := range journals {
		ops = append(ops, lockOps(notes)...)
	}
	if result := porcupine.CheckOperationsTimeout(lockModel(), ops, 2*time.Minute); result != porcupine.Ok {
		breaks("porcupine says %s of %d operations on locks", result, len(ops))
		for _, part := range lockModel().Partition(ops) {
			if porcupine.CheckOperationsTimeout(lockModel(), part, time.Minute) != porcupine.Ok {
				breaks("that is lock %s, tenures as [called, granted] token [believed, released]: %s", part[0].Input.(lockOp).name, describe(part))
			}
		}
	}
	return len(ops) / 2
}
