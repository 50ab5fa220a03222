package locks

import (
	"maps"
	"slices"
	"time"
)

// Lock is one name that somebody holds or waits for, as this process has read the log.
type Lock struct {
	Name    string
	Holder  Place   // who is the first; it holds the name once it is the first on all that it asked for
	Held    bool    // whether it does
	Waiting []Place // the others, in order
}

// Place is one request in a queue.
type Place struct {
	Owner string // see the option Owner
	Token int64
	Names []string      // all that it asked for
	Quiet time.Duration // how long its process was not heard of
}

// Locks lists the names that somebody holds or waits for, sorted. It is empty while the log is not known.
func (m *Manager) Locks() []Lock {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == nil {
		return nil
	}
	locks := make([]Lock, 0, len(m.state.queues))
	for _, name := range slices.Sorted(maps.Keys(m.state.queues)) {
		queue := m.state.queues[name]
		places := make([]Place, len(queue))
		for i, r := range queue {
			places[i] = Place{
				Owner: r.session.owner, Token: r.token, Names: slices.Clone(r.names), Quiet: now.Sub(r.session.heard),
			}
		}
		locks = append(locks, Lock{Name: name, Holder: places[0], Held: queue[0].held(), Waiting: places[1:]})
	}
	return locks
}
