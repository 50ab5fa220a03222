package sagas

import (
	"fmt"
	"slices"

	"github.com/millrace/millrace/partitions"
)

// calling is a saga that has called another one and waits for it.
type calling struct {
	Flow string `json:"flow"`
	ID   string `json:"id"`
}

// maxCallers is how many of those who wait for a saga are told to a saga that it calls: the nearest.
const maxCallers = 32

// callers are the sagas that wait for this one, and those that wait for them, as far as they were told.
func (h *head) callers() (all []calling) {
	for _, p := range h.Parents {
		for _, c := range append(slices.Clip(p.Callers), calling{p.Flow, p.ID}) {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	return all[max(0, len(all)-maxCallers):]
}

// circle refuses the call of a saga by one that it waits for itself, also by others in between: both would wait for ever.
func (n *runner) circle(tx *partitions.Tx, key string, h head, caller parent) (refused bool, err error) {
	waiting := append(slices.Clip(caller.Callers), calling{caller.Flow, caller.ID})
	for _, w := range h.Waits {
		if w.Kind == KindCall && slices.Contains(waiting, calling{w.Name, w.Of}) {
			reason := fmt.Sprintf("%s %q waits for %s %q, which would wait for it: call a saga of another id", n.name, idOf(key), w.Name, w.Of)
			return true, n.report(tx, key, caller, head{Status: Status(FailedSelf), Reason: reason}, nil)
		}
	}
	return false, nil
}
