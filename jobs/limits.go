package jobs

import "time"

// limits say how many jobs may be in a node's memory: as many as there are workers, and ahead of that as many as have ended within the
// last second. So a node whose jobs are short has its next ones ready, and one whose jobs are long takes none that it cannot begin.
type limits struct {
	workers  int
	memory   int // attempts that wait or run
	bytes    int // of these
	mean     int // bytes of one that came lately
	ends     int // bytes of attempts whose ends are still to be written
	reserved int // by transactions that are not committed yet
	granted  int // to transactions that take rows into the memory
	emptied  bool

	since time.Time
	ended int // attempts, since then
	last  int // attempts in the window before
	total int // of all, a suspect once more when its end is written
}

const (
	window    = 500 * time.Millisecond
	mostAhead = 16_384
	mostBytes = 64 << 20 // of jobs that could not all begin
	heldBytes = 256 << 20
	meanOver  = 64 // jobs
)

// crowded says whether what jobs in the memory were given is as much as may be there, with as much for each that is on its way.
func (l *limits) crowded() bool {
	return l.bytes+l.ends+(l.reserved+l.granted)*l.mean >= heldBytes
}

// ahead is how many jobs may be in the memory that cannot begin yet.
func (l *limits) ahead() int {
	if l.bytes > mostBytes {
		return 0
	}
	return min(l.last+l.ended, mostAhead)
}

func (l *limits) free() int {
	if l.crowded() {
		return 0
	}
	return l.workers + l.ahead() - l.memory - l.reserved - l.granted
}

// narrow is the free room for a job that must not be in the memory before it can begin.
func (l *limits) narrow() int {
	if l.crowded() {
		return 0
	}
	return l.workers - l.memory - l.reserved - l.granted
}

// extra says whether a flow that has nothing in the memory may have something there although it is full.
func (l *limits) extra() bool {
	return l.memory+l.reserved+l.granted < 2*(l.workers+l.ahead()) && l.bytes <= mostBytes && !l.crowded()
}

func (l *limits) enter(a *attempt) {
	l.memory++
	a.weight = len(a.row.args) + len(a.row.then) + len(a.row.given)
	l.bytes += a.weight
	l.mean += (a.weight - l.mean) / meanOver
}

func (l *limits) leave(a *attempt) {
	l.memory--
	l.bytes -= a.weight
}

// count counts an attempt that has ended.
func (l *limits) count(now time.Time) {
	if since := now.Sub(l.since); since >= window {
		l.last, l.ended, l.since = l.ended, 0, now
		if since >= 2*window {
			l.last = 0
		}
	}
	l.ended++
	l.total++
}
