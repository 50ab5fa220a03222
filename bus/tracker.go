package bus

// tracker knows which offset of a partition may be committed while records finish out of order: the one before which
// everything is done.
type tracker struct {
	next    int64
	first   int
	entries []trackedOffset
}

type trackedOffset struct {
	offset int64
	done   bool
}

func newTracker(next int64) *tracker { return &tracker{next: next} }

// add notes a record that was taken in. Offsets grow but need not be contiguous. The result names it for done.
func (t *tracker) add(offset int64) int {
	t.entries = append(t.entries, trackedOffset{offset: offset})
	return t.first + len(t.entries) - 1
}

// done notes that the record is finished.
func (t *tracker) done(entry int) {
	t.entries[entry-t.first].done = true
	finished := 0
	for finished < len(t.entries) && t.entries[finished].done {
		t.next = t.entries[finished].offset + 1
		finished++
	}
	t.first += finished
	t.entries = t.entries[finished:]
	if len(t.entries) == 0 {
		t.entries = nil
	}
}

// committable is the offset of the oldest record that is not done, or of the next one to come.
func (t *tracker) committable() int64 { return t.next }
