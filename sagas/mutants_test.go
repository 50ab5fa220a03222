package sagas_test

import (
	"testing"

	"github.com/millrace/millrace/internal/mutants"
)

const forgetful = `import (
	"context"
	"time"

	"github.com/millrace/millrace/partitions"
)

// forgetTimer waits in the memory instead of a timer.
func (c *committing) forgetTimer(o *op) {
	n, key := c.run.runner, c.run.key
	c.Go(func(ctx context.Context) func(*partitions.Tx) error {
		select {
		case <-time.After(o.after):
		case <-ctx.Done():
		}
		return func(tx *partitions.Tx) error { return n.fire(tx, timerKey(o.at, key)) }
	})
}
`

// TestMutantsAreCaught makes each mistake on purpose and runs the test that is for it, which must fail by what it looks at.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	mutants.Check(t, "sagas", forgetful, map[string]mutants.Mutant{
		"undo skipped": {
			File: "undo.go", Old: "!done {\n			return u.op", New: "!done && (u.order > 1 || !mutant(\"undo skipped\")) {\n			return u.op",
			Test: "TestTransfers", Found: "storm_test.go",
		},
		"undone in the order in which it was done": {
			File: "undo.go", Old: "int { return cmp.Compare(b.order, a.order)",
			New:  "int {\n	if mutant(\"undone in the order in which it was done\") {\n		a, b = b, a\n	}\n	return cmp.Compare(b.order, a.order)",
			Test: "TestTransfers", Found: "storm_test.go",
		},
		"effect before the entry of what was before it": {
			File: "turn.go", Old: "		return func(tx *partitions.Tx) error { return r.commit(tx, p) }",
			New: "		if mutant(\"effect before the entry of what was before it\") {\n			for _, o := range p.steps {\n				r.attempt(ctx, " +
				"ctx, o)\n			}\n		}\n" +
				"		return func(tx *partitions.Tx) error { return r.commit(tx, p) }",
			Test: "TestTransfers", Found: "storm_test.go",
		},
		"timer lost on move": {
			File: "arm.go", Old: "		n.timers.At(c.Tx, w.Due, timerKey(o.at, key))",
			New:  "		if mutant(\"timer lost on move\") {\n			c.forgetTimer(o)\n		} else {\n			n.timers.At(c.Tx, w.Due, timerKey(o.at, key))\n		}",
			Test: "TestTransfers", Found: "storm_test.go",
		},
		"what was under way is lost on move": {
			File: "room.go", Old: "active && found {", New: "active && found && !mutant(\"what was under way is lost on move\") {",
			Test: "TestTransfers", Found: "storm_test.go",
		},
		"what may have happened is taken for what has not": {
			File: "receive.go", Old: "w.Kind == KindStep && !w.Unknown && ",
			New:  "w.Kind == KindStep && (!w.Unknown || mutant(\"what may have happened is taken for what has not\")) && ",
			Test: "TestCancel", Found: "cancel_test.go",
		},
		"armed again": {
			File: "place.go", Old: "_, armed := r.tries[o.at]; !armed", New: "_, armed := r.tries[o.at]; !armed || mutant(\"armed again\")",
			Test: "TestBranches", Found: "branches_storm_test.go",
		},
	}, "-seeds", "40", "-until-failure")
}
