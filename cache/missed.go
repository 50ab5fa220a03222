package cache

import (
	"context"
	"sync"
	"time"
)

// mostMissed is how many keys are remembered whose invalidation Redis has not heard of.
const mostMissed = 10_000

// missed is the keys whose invalidation Redis has not heard of.
type missed struct {
	mu   sync.Mutex
	keys map[string]struct{}
}

func (m *missed) add(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys == nil {
		m.keys = make(map[string]struct{})
	}
	if len(m.keys) < mostMissed {
		m.keys[key] = struct{}{}
	}
}

// take returns all of them, which are then no longer remembered.
func (m *missed) take() map[string]struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := m.keys
	m.keys = nil
	return keys
}

// catchUp tells Redis of what it has missed, until ctx ends.
func (c *Cache[K, V]) catchUp(ctx context.Context) {
	for {
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return
		}
		gone := false
		for key := range c.missed.take() {
			if !gone {
				_, err := c.redis.run(ctx, forget, key, c.channel())
				gone = err != nil
			}
			if gone {
				c.missed.add(key)
			}
		}
	}
}
