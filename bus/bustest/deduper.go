package bustest

import (
	"context"
	"sync"
	"time"
)

// Deduper is a bus.Deduper in memory, for tests of handlers. The zero value is not ready; see [NewDeduper].
type Deduper struct {
	mu   sync.Mutex
	keys map[string]dedupe
}

type dedupe struct {
	owner string
	done  bool
	until time.Time
}

// NewDeduper returns an empty deduper.
func NewDeduper() *Deduper { return &Deduper{keys: make(map[string]dedupe)} }

// Claim moves key from absent to running.
func (d *Deduper) Claim(_ context.Context, key, owner string, lease time.Duration) (won, done bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if held, ok := d.keys[key]; ok && time.Now().Before(held.until) {
		return false, held.done, nil
	}
	d.keys[key] = dedupe{owner: owner, until: time.Now().Add(lease)}
	return true, false, nil
}

// Extend renews a lease.
func (d *Deduper) Extend(_ context.Context, key, owner string, lease time.Duration) (held bool, err error) {
	return d.move(key, owner, dedupe{owner: owner, until: time.Now().Add(lease)}), nil
}

// Done moves key from running to done.
func (d *Deduper) Done(_ context.Context, key, owner string, retention time.Duration) (held bool, err error) {
	return d.move(key, owner, dedupe{done: true, until: time.Now().Add(retention)}), nil
}

// Release moves key back to absent.
func (d *Deduper) Release(_ context.Context, key, owner string) error {
	d.move(key, owner, dedupe{})
	return nil
}

func (d *Deduper) move(key, owner string, next dedupe) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	held, ok := d.keys[key]
	if !ok || held.done || held.owner != owner || time.Now().After(held.until) {
		return false
	}
	d.keys[key] = next
	return true
}
