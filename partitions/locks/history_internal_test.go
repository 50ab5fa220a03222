//go:build synctests

package locks

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// history is what clients believed, for porcupine and for a look of our own.
type history struct {
	mu       sync.Mutex
	clock    int64
	ops      []porcupine.Operation
	believed map[string]int64 // the token that somebody holds a name by
	broken   error
	granted  int
	lost     int
}

type op struct {
	acquire bool
	name    string
	token   int64
}

func newHistory() *history { return &history{believed: make(map[string]int64)} }

func (h *history) now() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	return h.clock
}

// holds notes an acquire that returned.
func (h *history) holds(called int64, l *Lease) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	h.granted++
	for _, name := range l.Names() {
		h.ops = append(h.ops, porcupine.Operation{Input: op{true, name, l.Token()}, Call: called, Return: h.clock})
		if other, taken := h.believed[name]; taken && h.broken == nil {
			h.broken = fmt.Errorf("%s is held by tokens %d and %d", name, other, l.Token())
		}
		h.believed[name] = l.Token()
	}
}

// over notes that a client no longer believes in its lease. The returned function notes that the log has it, too;
// it may never be called.
func (h *history) over(l *Lease) (logged func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	var indexes []int
	for _, name := range l.Names() {
		if h.believed[name] == l.Token() {
			delete(h.believed, name)
		}
		indexes = append(indexes, len(h.ops))
		h.ops = append(h.ops, porcupine.Operation{Input: op{false, name, l.Token()}, Call: h.clock, Return: math.MaxInt64})
	}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.clock++
		for _, i := range indexes {
			h.ops[i].Return = h.clock
		}
	}
}

// lock is one name: free or held by a token, and the newest token that it was ever held by.
type lock struct{ holder, newest int64 }

func model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return lock{newest: -1} },
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			byName := make(map[string][]porcupine.Operation)
			for _, each := range all {
				name := each.Input.(op).name
				byName[name] = append(byName[name], each)
			}
			var parts [][]porcupine.Operation
			for _, part := range byName {
				parts = append(parts, part)
			}
			return parts
		},
		Step: func(state, input, _ any) (bool, any) {
			at, did := state.(lock), input.(op)
			if did.acquire {
				return at.holder == 0 && did.token > at.newest, lock{did.token, did.token}
			}
			return at.holder == did.token, lock{0, at.newest}
		},
	}
}

// breaks notes that something else went wrong.
func (h *history) breaks(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken = errors.Join(h.broken, err)
}

// check says what is wrong with the history.
func (h *history) check() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if result := porcupine.CheckOperationsTimeout(model(), h.ops, time.Minute); result != porcupine.Ok {
		return fmt.Errorf("porcupine says %s of %d operations; seen by ourselves: %w", result, len(h.ops), h.broken)
	}
	return h.broken
}
