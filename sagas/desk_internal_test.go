package sagas

import "testing"

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
	n := &runner{core: &core{}, reserved: 2, desks: map[int32]*desk{3: d}}
	n.gone(3, d)
	n.filledUp(d, 2, true)
	if n.reserved != 0 || d.wanting() {
		t.Errorf("room for %d is reserved, and the desk wants more: %t", n.reserved, d.wanting())
	}
}
