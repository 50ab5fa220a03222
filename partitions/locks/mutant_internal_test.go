//go:build synctests

package locks

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestMutantsAreRejected plants one flaw at a time, in all processes alike, and lets the simulation find it.
func TestMutantsAreRejected(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(*Manager){
		"an expire that ignores which renewal it saw": func(m *Manager) {
			m.fold = func(s *state, offset int64, now time.Time, e entry) effects {
				if of := s.sessions[e.Session]; e.Kind == kindExpire && of != nil {
					e.Seen = of.seen
				}
				return s.apply(offset, now, e)
			}
		},
		"a release that ignores whose lease it is": func(m *Manager) {
			m.fold = func(s *state, offset int64, now time.Time, e entry) effects {
				if of := s.sessions[e.Session]; e.Kind == kindRelease && of != nil {
					oldest := int64(math.MaxInt64)
					for number := range of.requests {
						oldest = min(oldest, number)
					}
					e.Request = oldest
				}
				return s.apply(offset, now, e)
			}
		},
		"a holder that believes for longer than the others wait": func(m *Manager) { m.settings.margin = -2 * m.settings.lease },
		"a start that takes a log without a snapshot for an empty one": func(m *Manager) {
			m.settings.silence = time.Nanosecond
			m.settings.every = 1_000_000
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 30 {
				seed := rand.Uint64()
				if err := simulate(t, seed, plant).check(); err != nil {
					t.Logf("seed %d: %v", seed, err)
					return
				}
			}
			t.Error("the flaw was not found")
		})
	}
}
