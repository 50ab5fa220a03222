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
