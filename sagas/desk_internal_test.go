package sagas

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestBeginOnDeskThatIsGone begins a saga whose shard has left while its transaction was told of: it takes no room, which nobody
// would give back.
func TestBeginOnDeskThatIsGone(t *testing.T) {
	t.Parallel()
	n, d := &runner{}, &desk{closed: true, runs: make(map[string]*run)}
	defer func() {
		if v := recover(); v != nil || n.resident != 0 || len(d.runs) != 0 {
			t.Errorf("%d sagas are in the memory, and %d of the desk: %v", n.resident, len(d.runs), v)
		}
	}()
	n.begin(d, loaded{key: "/1"})
}

// TestFilledUpDeskThatIsGone is told that a shard's sagas are in the memory when the shard has just left.
func TestFilledUpDeskThatIsGone(t *testing.T) {
	t.Parallel()
	d := &desk{interrupted: []string{"/1", "/2"}, granted: 2, runs: make(map[string]*run)}
	n := &runner{core: &core{}, reserved: 2, desks: map[int32]*desk{3: d}, wanting: 1}
	n.gone(3, d)
	n.filledUp(d, 2, true)
	if n.reserved != 0 || n.wanting != 0 || d.wanting() {
		t.Errorf("room for %d is reserved, and the desk wants more: %t, one of %d", n.reserved, d.wanting(), n.wanting)
	}
}

// TestUnfilledDesk gives back the room that a desk could not fill, and passes the desk over for a while.
func TestUnfilledDesk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{granted: 2}
		n := &runner{core: &core{}, reserved: 2, desks: map[int32]*desk{3: d}}
		n.unfilled(d)
		if n.reserved != 0 || d.granted != 0 || !d.failed {
			t.Errorf("room for %d is reserved, and %d granted; passed over: %t", n.reserved, d.granted, d.failed)
		}
		<-time.After(fillPause + time.Second)
		n.mu.Lock()
		defer n.mu.Unlock()
		if d.failed {
			t.Error("the desk is passed over for ever")
		}
	})
}

// TestWarnOnDeskThatIsGone cancels a saga of a shard that has left, and one that leaves after that: nothing of it stays.
func TestWarnOnDeskThatIsGone(t *testing.T) {
	t.Parallel()
	n, d := &runner{core: &core{}}, &desk{warned: make(map[uint64]int)}
	n.warn(d, 7)
	if r := (&run{runner: n, desk: d, loaded: loaded{activation: 7}}); r.warnings() != 1 {
		t.Errorf("a saga is warned %d times", r.warnings())
	}
	n.gone(3, d)
	n.warn(d, 8)
	if len(d.warned) != 0 {
		t.Errorf("%v stays", d.warned)
	}
}
