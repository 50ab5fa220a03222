package push

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"

	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// flow is an answer in chunks. The next one is sent when the client has acknowledged the one before; what comes meanwhile is collected, and
// who sends more waits.
type flow struct {
	mu     sync.Mutex
	values [][]byte
	bytes  int
	open   bool // a chunk is not acknowledged
	room   chan struct{}
}

// Bounds of a chunk.
const (
	chunkValues = 256
	chunkBytes  = 64 << 10
)

// push adds a value to the answer.
func (c *call) push(ctx context.Context, value []byte) error {
	f := &c.flow
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.values) > 0 && (len(f.values) >= chunkValues || f.bytes+len(value) > chunkBytes) {
		if err := f.wait(ctx); err != nil {
			return err
		}
	}
	f.values = append(f.values, value)
	f.bytes += len(value)
	c.flush()
	return ctx.Err()
}

// rest waits until all of the answer may be sent.
func (c *call) rest(ctx context.Context) error {
	f := &c.flow
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.values) > 0 {
		if err := f.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// wait lets go of the lock until a chunk was acknowledged.
func (f *flow) wait(ctx context.Context) error {
	if f.room == nil {
		f.room = make(chan struct{})
	}
	room := f.room
	f.mu.Unlock()
	defer f.mu.Lock()
	select {
	case <-room:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// acknowledged lets the next chunk be sent. It is false where none had been.
func (c *call) acknowledged() (open bool) {
	f := &c.flow
	f.mu.Lock()
	defer f.mu.Unlock()
	open, f.open = f.open, false
	c.flush()
	if f.room != nil {
		close(f.room)
		f.room = nil
	}
	return open
}

// flush sends what was collected, if it may. The flow's lock is held.
func (c *call) flush() {
	f := &c.flow
	if f.open || len(f.values) == 0 {
		return
	}
	values := append(append(json.RawMessage("["), bytes.Join(f.values, []byte(","))...), ']')
	f.values, f.bytes, f.open = nil, 0, true
	c.socket.reply(jsonrpc.Chunk(c.ID, values))
}
