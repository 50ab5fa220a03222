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

// unwarn forgets what is known of a saga that leaves the memory.
func (n *runner) unwarn(activation uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.warned, activation)
}
