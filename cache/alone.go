package cache

import (
	"sync"
	"time"
)

// mostAlone is how many keys a process counts by itself. When there are more, those that owe nothing are forgotten, and then any.
const mostAlone = 100_000

// alone is the limiter's algorithm in this process.
type alone struct {
	mu   sync.Mutex
	paid map[string]time.Time
}

func newAlone() *alone { return &alone{paid: make(map[string]time.Time)} }

func (a *alone) take(key string, cost, most time.Duration) (allowed bool, owed, after time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	owed = max(a.paid[key].Sub(now), 0)
	if owed+cost > most {
		return false, owed, owed + cost - most
	}
	if _, known := a.paid[key]; !known && len(a.paid) >= mostAlone {
		a.makeRoom(now)
	}
	a.paid[key] = now.Add(owed + cost)
	return true, owed + cost, 0
}

// keep notes a key for a time.
func (a *alone) keep(key string, d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if _, known := a.paid[key]; !known && len(a.paid) >= mostAlone {
		a.makeRoom(now)
	}
	a.paid[key] = now.Add(d)
}

// left is how much of its time a key has still.
func (a *alone) left(key string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	left := time.Until(a.paid[key])
	if left <= 0 {
		delete(a.paid, key)
	}
	return max(left, 0)
}

func (a *alone) makeRoom(now time.Time) {
	for key, at := range a.paid {
		if !at.After(now) {
			delete(a.paid, key)
		}
	}
	for key := range a.paid {
		if len(a.paid) < mostAlone {
			return
		}
		delete(a.paid, key)
	}
}
