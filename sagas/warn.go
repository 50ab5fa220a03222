package sagas

// warn says that a saga in memory is cancelled, also before that is committed: none of its steps begins without a look at its row.
func (n *runner) warn(d *desk, activation uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !d.closed {
		d.warned[activation]++
	}
}

// warnings is how often the saga was cancelled while it was in memory.
func (r *run) warnings() int {
	if r.desk == nil {
		return 0
	}
	r.runner.mu.Lock()
	defer r.runner.mu.Unlock()
	return r.desk.warned[r.activation]
}
