package bus

// tracker knows which offset of a partition may be committed while records finish out of order: the one before which
// everything is done.
type tracker struct {
	next    int64
	first   int // the name of entries[0]
	head    int // entries before it are done
	entries []trackedOffset
}

type trackedOffset struct {
	offset int64
	done   bool
}

// keptOffsets is how much room an empty tracker keeps.
const keptOffsets = 8192

func newTracker(next int64) *tracker { return &tracker{next: next} }

// add notes a record that was taken in. Offsets grow but need not be contiguous. The result names it for done.
func (t *tracker) add(offset int64) int {
	if len(t.entries) == cap(t.entries) && t.head > len(t.entries)/2 {
		t.forget()
	}
	t.entries = append(t.entries, trackedOffset{offset: offset})
	return t.first + len(t.entries) - 1
}

// done notes that the record is finished.
func (t *tracker) done(entry int) {
	t.entries[entry-t.first].done = true
	for t.head < len(t.entries) && t.entries[t.head].done {
		t.next = t.entries[t.head].offset + 1
		t.head++
	}
	if t.head == len(t.entries) {
		t.forget()
	}
}

// forget moves what is not done to the front.
func (t *tracker) forget() {
	t.first += t.head
	t.entries = t.entries[:copy(t.entries, t.entries[t.head:])]
	t.head = 0
	if len(t.entries) == 0 && cap(t.entries) > keptOffsets {
		t.entries = nil
	}
}

// committable is the offset of the oldest record that is not done, or of the next one to come.
func (t *tracker) committable() int64 { return t.next }
