package bus

// keyQueue holds the records of one key in order. Its lane knows it while it has any, and uses it again after that.
type keyQueue struct {
	lane        *lane
	hash        uint64
	keyed       bool
	first, last *delivery
}

// delivery is one record on its way through a handler.
type delivery struct {
	record  Record
	entry   int
	attempt int
	unread  int       // how often it could not be read
	next    *delivery // of the same key

	handler              *handler
	looked, moved, asked bool
}

func (d *delivery) size() int { return len(d.record.Key) + len(d.record.Value) + 256 }

func (q *keyQueue) add(d *delivery) {
	if q.last == nil {
		q.first = d
	} else {
		q.last.next = d
	}
	q.last = d
}

// pop drops the first record and says whether it was the only one.
func (q *keyQueue) pop() (empty bool) {
	d := q.first
	q.first, d.next = d.next, nil
	if q.first == nil {
		q.last = nil
	}
	return q.first == nil
}

const keyTurn = 64

// run executes the queue's records until it is empty, must wait, or has had its turn.
func (q *keyQueue) run() {
	l := q.lane
	for range keyTurn {
		d := l.begin(q)
		if d == nil {
			return
		}
		wait, finished := l.engine.execute(l.ctx, d)
		if !l.end(q, d, finished) {
			return
		}
		if !finished {
			l.engine.after(wait, q)
			return
		}
	}
	l.engine.ready.push(q)
}
