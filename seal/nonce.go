package seal

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Nonces remembers which nonces were seen. It is shared by all processes that a request may reach: cache.Nonces keeps them in Redis,
// [MemoryNonces] in one process alone.
type Nonces interface {
	// Reserve says whether the nonce is new, and remembers it for the time. Of any number of calls with one nonce one is told so. On an error the
	// request is refused.
	Reserve(ctx context.Context, nonce string, keep time.Duration) (fresh bool, err error)
}

// ErrNoncesFull is found in the error of nonces that have no room until others end.
var ErrNoncesFull = errors.New("seal: no room for more nonces")

// MemoryNonces keeps nonces in the memory of this process. It is safe for concurrent use.
type MemoryNonces struct {
	most int

	mu   sync.Mutex
	ends map[string]time.Time
	due  nonceQueue
}

// NewMemoryNonces keeps so many nonces at most, and refuses new ones beyond that with [ErrNoncesFull]: none is forgotten before its time.
func NewMemoryNonces(most int) (*MemoryNonces, error) {
	if most < 1 {
		return nil, fmt.Errorf("seal: nonces: room for %d must be at least 1", most)
	}
	return &MemoryNonces{most: most, ends: make(map[string]time.Time)}, nil
}

// Reserve says whether the nonce is new.
func (m *MemoryNonces) Reserve(_ context.Context, nonce string, keep time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for len(m.due) > 0 && !now.Before(m.due[0].ends) {
		delete(m.ends, m.due[0].nonce)
		heap.Pop(&m.due)
	}
	if _, seen := m.ends[nonce]; seen {
		return false, nil
	}
	if len(m.due) >= m.most {
		return false, fmt.Errorf("%w: there are %d", ErrNoncesFull, m.most)
	}
	m.ends[nonce] = now.Add(keep)
	heap.Push(&m.due, dueNonce{nonce: nonce, ends: now.Add(keep)})
	return true, nil
}

type dueNonce struct {
	nonce string
	ends  time.Time
}

// nonceQueue has the nonce that ends first in front.
type nonceQueue []dueNonce

func (q nonceQueue) Len() int           { return len(q) }
func (q nonceQueue) Less(i, j int) bool { return q[i].ends.Before(q[j].ends) }
func (q nonceQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *nonceQueue) Push(x any)        { *q = append(*q, x.(dueNonce)) }
func (q *nonceQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
