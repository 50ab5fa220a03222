package store

// cursor reads a part of a layer in the order of the keys, as it was when the cursor was made: while nothing is applied
// to the layer, in pieces; what is left of it is put aside before something is.
type cursor struct {
	shard *diskShard
	layer *layer
	from  []byte
	after bool // than from, and not from it on
	to    []byte
	most  int

	found []Change
	next  int // the first of found that was not taken
	ended bool

	rest     []Change // guarded by the shard's lock, like detached
	detached bool
}

// newCursor is called with the shard's lock held for reading.
func newCursor(s *diskShard, l *layer, from, to []byte) *cursor {
	c := &cursor{shard: s, layer: l, from: from, to: to, most: firstRead}
	l.reading.Lock()
	defer l.reading.Unlock()
	l.cursors[c] = struct{}{}
	return c
}

// peek is the next row, or nil at the end.
func (c *cursor) peek() *Change {
	if c.next == len(c.found) && !c.ended {
		c.read()
	}
	if c.next == len(c.found) {
		return nil
	}
	return &c.found[c.next]
}

func (c *cursor) read() {
	c.shard.mu.RLock()
	defer c.shard.mu.RUnlock()
	c.next = 0
	if c.detached {
		c.found, c.rest, c.ended = c.rest, nil, true
		return
	}
	c.found = c.layer.order().read(c.layer.rows, c.found[:0], c.from, c.after, c.to, c.most)
	if len(c.found) < c.most {
		c.ended = true
		c.leave()
		return
	}
	c.from, c.after = c.found[len(c.found)-1].Key, true
	c.most = min(4*c.most, mostRead)
}

// detach is called with the shard's lock held, before the layer changes.
func (c *cursor) detach() {
	c.rest = c.layer.order().read(c.layer.rows, nil, c.from, c.after, c.to, c.layer.rows.count)
	c.detached = true
}

// leave is called with the shard's lock held for reading.
func (c *cursor) leave() {
	c.layer.reading.Lock()
	defer c.layer.reading.Unlock()
	delete(c.layer.cursors, c)
}

func (c *cursor) close() {
	c.shard.mu.RLock()
	defer c.shard.mu.RUnlock()
	c.leave()
}
