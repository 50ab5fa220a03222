package push

import "context"

// bell wakes those who wait for something to change. It changes under the hub's lock.
type bell struct {
	rung    chan struct{}
	waiting int
}

func newBell() bell { return bell{rung: make(chan struct{})} }

func (b *bell) ring() {
	if b.waiting > 0 {
		close(b.rung)
		b.rung = make(chan struct{})
	}
}

// until returns once something is so, which is looked at whenever the bell rings, with the hub's lock held.
func (h *Hub) until(ctx context.Context, c *client, b *bell, so func() bool) error {
	h.mu.Lock()
	b.waiting++
	defer func() { b.waiting--; h.mu.Unlock() }()
	for !so() {
		rung := b.rung
		h.mu.Unlock()
		var err error
		select {
		case <-rung:
		case <-c.ending:
			err = errLater
		case <-ctx.Done():
			err = errLater
		}
		h.mu.Lock()
		if err != nil {
			return err
		}
	}
	return nil
}
