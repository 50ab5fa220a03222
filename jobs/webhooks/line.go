package webhooks

import (
	"slices"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// line is an endpoint in memory, as the last committed transaction has left it, with some of the deliveries that are due. Each delivery of
// its rows is held here, or more says that there are others that are due, or next is not after it is due.
type line struct {
	desk   *desk
	key    string
	tenant request.Tenant
	row    endpointRow
	state  stateRow
	closed bool

	ready   []waiting
	held    map[string]int // by row: deliveries that are ready or tried, and their bytes
	running int
	more    bool
	next    time.Time
	loading bool

	queued bool // for a slot
	late   bool // the last attempts have taken long
	tokens float64
	filled time.Time
	timer  *time.Timer
	wakes  time.Time
}

// waiting is a delivery that is due, and its row.
type waiting struct {
	row string
	queuedRow
}

const (
	// window is how many deliveries of an endpoint are in memory, for each attempt that it may have at once.
	window = 2
	// maxHeld is how many bytes of deliveries are in memory before each endpoint has only one there.
	maxHeld = 64 << 20
)

// line is the endpoint's, which is brought up to date.
func (n *node) line(d *desk, key string, row endpointRow, state stateRow) *line {
	l := d.lines[key]
	if l == nil {
		tenant, _ := parseKey(key)
		l = &line{desk: d, key: key, tenant: tenant, held: make(map[string]int), tokens: float64(row.Rate), filled: d.beside.Now()}
		d.lines[key] = l
	}
	if row.Version >= l.row.Version {
		l.row = row
	}
	l.state = state
	return l
}

// now is the time by the node's wall clock, which is that of its transactions.
func (l *line) now() time.Time { return l.desk.beside.Now() }

// room is how many more deliveries may be in memory.
func (n *node) room(l *line) int {
	most := window * n.perEndpoint
	if l.row.Ordered || n.held > maxHeld {
		most = 1
	}
	return most - len(l.held)
}

// hold takes deliveries into memory that are not there.
func (n *node) hold(l *line, rows ...waiting) {
	for _, w := range rows {
		if _, held := l.held[w.row]; held || l.closed {
			continue
		}
		l.held[w.row] = len(w.Body)
		n.held += len(w.Body)
		l.ready = append(l.ready, w)
	}
}

// release takes a delivery out of memory.
func (n *node) release(l *line, row string) {
	n.held -= l.held[row]
	delete(l.held, row)
}

// most is how many attempts may be made at once. Who has not answered well the last time has one.
func (n *node) most(l *line) int {
	if l.row.Ordered || l.doubtful() {
		return 1
	}
	return n.perEndpoint
}

func (l *line) doubtful() bool { return l.state.Failures > 0 || l.state.LastSuccess.IsZero() || l.late }

// allowed takes an attempt off the rate, or says when there is one.
func (l *line) allowed(now time.Time) (time.Time, bool) {
	if l.row.Rate == 0 {
		return now, true
	}
	if at := l.has(now, 1); at.After(now) {
		return at, false
	}
	l.tokens--
	return now, true
}

// has is when there are so many attempts of the rate.
func (l *line) has(now time.Time, tokens float64) time.Time {
	rate := float64(l.row.Rate)
	l.tokens = min(rate, l.tokens+rate*now.Sub(l.filled).Seconds())
	l.filled = now
	if l.tokens >= tokens {
		return now
	}
	return now.Add(time.Duration((tokens-l.tokens)/rate*float64(time.Second)) + time.Microsecond)
}

// loaded is what a transaction has read of an endpoint's queue.
type loaded struct {
	rows []waiting
	next time.Time
	more bool
}

// load reads what is due and not in memory. What is settled in the transaction, if anything, makes room.
func (n *node) load(tx *partitions.Tx, key string, row endpointRow, settled ...string) (got loaded) {
	room, held := n.holding(tx, key, row, settled)
	for at, q := range n.queue.Range(tx, key+"/") {
		if !within(at, key) {
			break
		}
		if q.Due.After(tx.Now()) {
			got.next = q.Due
			break
		}
		if held[at] && !row.Ordered {
			continue
		}
		if held[at] || len(got.rows) >= room {
			got.more = true
			break
		}
		got.rows = append(got.rows, waiting{at, q})
	}
	return got
}

// holding is which deliveries of an endpoint are in memory, and for how many there is room.
func (n *node) holding(tx *partitions.Tx, key string, row endpointRow, settled []string) (room int, held map[string]bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	held = make(map[string]bool)
	l := &line{row: row}
	if d := n.desks[tx.Shard()]; d != nil && d.lines[key] != nil {
		l = d.lines[key]
	}
	for at := range l.held {
		held[at] = !slices.Contains(settled, at)
	}
	return n.room(l) + len(settled), held
}
