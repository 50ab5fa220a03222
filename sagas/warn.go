package sagas

// warn says that a saga in memory is cancelled, also before that is committed: none of its steps begins without a look at its row.
func (n *runner) warn(activation uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.warned[activation]++
}

// warnings is how often a saga in memory was cancelled.
func (n *runner) warnings(activation uint64) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.warned[activation]
}
