package webhooks

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/partitions"
)

// Dead is a delivery that was given up. The event is kept in the topic "<name>.events", see [Hooks.Replay].
type Dead struct {
	Event  string `json:"event"`
	Type   string `json:"type"`
	Reason string `json:"reason"`
	// Attempts is how many were made.
	Attempts int `json:"attempts"`
	// Status and Failed are those of the last attempt.
	Status   int       `json:"status,omitempty"`
	Failed   string    `json:"failed,omitempty"`
	Happened time.Time `json:"happened"`
	Died     time.Time `json:"died"`
}

// deadRow is a delivery that was given up, by its event. Number is which one of the endpoint's it was, from 1 on; earlier versions have
// given none.
type deadRow struct {
	Dead

	Number int64 `json:"number,omitempty"`
}

// deathRow says which event was given up, by that number.
type deathRow struct {
	Event string `json:"event"`
}

func deathKey(key string, number int64) string { return fmt.Sprintf("%s/%016x", key, number) }

// bury keeps the endpoint's last delivery that was given up, in place of one of the same event.
func (h *Hooks) bury(tx *partitions.Tx, key string, state *stateRow, d Dead) {
	if was, found := h.dead.Get(tx, seenKey(key, d.Event)); found {
		h.unbury(tx, key, was)
	}
	h.dead.Put(tx, seenKey(key, d.Event), deadRow{d, state.Dead})
	h.deaths.Put(tx, deathKey(key, state.Dead), deathRow{d.Event})
	h.forget(tx, key, state)
}

func (h *Hooks) unbury(tx *partitions.Tx, key string, row deadRow) {
	h.dead.Delete(tx, seenKey(key, row.Event))
	if row.Number > 0 {
		h.deaths.Delete(tx, deathKey(key, row.Number))
	}
}

// forgottenAtOnce bounds how many numbers are gone through when one more delivery is given up. It is more than one, so that MaxDead may
// become less.
const forgottenAtOnce = 100

// forget removes the oldest of more deliveries than are kept.
func (h *Hooks) forget(tx *partitions.Tx, key string, state *stateRow) {
	for left := forgottenAtOnce; left > 0 && state.Forgotten < state.Dead-int64(h.maxDead); left-- {
		state.Forgotten++
		oldest, found := h.deaths.Get(tx, deathKey(key, state.Forgotten))
		if !found {
			continue
		}
		if row, found := h.dead.Get(tx, seenKey(key, oldest.Event)); found && row.Number == state.Forgotten {
			h.dead.Delete(tx, seenKey(key, oldest.Event))
		}
		h.deaths.Delete(tx, deathKey(key, state.Forgotten))
	}
}

const maxListed = 1000

// lost are an endpoint's last deliveries that were given up, read from the newest on.
func (h *Hooks) lost(tx *partitions.Tx, l looking) ([]Dead, error) {
	if _, err := h.own(tx, l); err != nil {
		return nil, err
	}
	key := l.key()
	state, _ := h.states.Get(tx, key)
	all := []Dead{}
	for number := state.Dead; number > max(state.Forgotten, state.Dead-int64(h.maxDead)) && len(all) < maxListed; number-- {
		if death, found := h.deaths.Get(tx, deathKey(key, number)); found {
			if row, found := h.dead.Get(tx, seenKey(key, death.Event)); found && row.Number == number {
				all = append(all, row.Dead)
			}
		}
	}
	if len(all) < maxListed {
		all = h.unnumbered(tx, key, all)
	}
	slices.SortFunc(all, newestDead)
	return all[:min(len(all), maxListed)], tx.Err()
}

// unnumbered adds what earlier versions have given up, as far as it is among the first rows.
func (h *Hooks) unnumbered(tx *partitions.Tx, key string, all []Dead) []Dead {
	left := h.maxDead
	for at, row := range h.dead.Range(tx, key+"/") {
		if left == 0 || !within(at, key) {
			break
		}
		left--
		if row.Number == 0 {
			all = append(all, row.Dead)
		}
	}
	return all
}

func newestDead(a, b Dead) int { return cmp.Or(b.Died.Compare(a.Died), cmp.Compare(a.Event, b.Event)) }
