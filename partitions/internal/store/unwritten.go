package store

import (
	"sync"
	"time"
)

// replay is how many times what may be in memory may have been applied since it was last written: what a crash costs.
const replay = 4

// unwritten counts what would be lost by a crash, says when to write it, and lets nobody in while it is too much.
type unwritten struct {
	most int64
	due  chan struct{} // holds one when it is time to write
	wait time.Duration // for as long it is not, although little was applied
	late *time.Timer   // goes off then

	mu      sync.Mutex
	room    sync.Cond
	held    int64 // bytes in memory
	applied int64 // bytes of changes
	some    bool
	ended   error
}

func newUnwritten(most int64, wait time.Duration) *unwritten {
	u := &unwritten{most: most, due: make(chan struct{}, 1), wait: wait, late: time.NewTimer(wait)}
	u.late.Stop()
	u.room.L = &u.mu
	return u
}

func (u *unwritten) full() bool { return u.held > u.most || u.applied > replay*u.most }

// admit waits until something may be applied, or never may again.
func (u *unwritten) admit() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	for u.ended == nil && u.full() {
		u.room.Wait()
	}
	return u.ended
}

// grow counts what was applied.
func (u *unwritten) grow(held, applied int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.some {
		u.some = true
		u.late.Reset(u.wait)
	}
	u.held += held
	u.applied += applied
	if u.full() {
		select {
		case u.due <- struct{}{}:
		default:
		}
	}
}

// shrink counts what was thrown away.
func (u *unwritten) shrink(held int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held -= held
	u.room.Broadcast()
}

// reset begins again, when all of it is about to be written.
func (u *unwritten) reset() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held, u.applied, u.some = 0, 0, false
	u.late.Stop()
	u.room.Broadcast()
}

// end lets nobody in any more; the first reason counts.
func (u *unwritten) end(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended == nil {
		u.ended = err
	}
	u.room.Broadcast()
}
