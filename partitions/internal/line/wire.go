package line

import (
	"encoding/binary"
	"net"
	"sync"
	"time"
)

// wire is one connection of a line.
type wire struct {
	net.Conn
	line    *Line
	answers frames
	once    sync.Once
	closed  chan struct{}

	mu    sync.Mutex
	await map[int32]func() // by correlation id: what to do instead of handing over the answer
}

// latency is what a request takes. The broker answers a fetch at once while a transaction is open behind what may be
// read; without latency virtual time would stand still in such a loop.
const latency = time.Millisecond

// Write sends one request: the Kafka client writes each at once.
func (w *wire) Write(b []byte) (int, error) {
	<-time.After(latency)
	if err := w.line.pass(w.closed); err != nil {
		return 0, err
	}
	if len(b) < 12 {
		return w.Conn.Write(b) //nolint:wrapcheck // the connection's own
	}
	key := int16(binary.BigEndian.Uint16(b[4:])) //nolint:gosec // as it is encoded
	if trip := w.line.count(key); trip != nil && !trip.After {
		trip.Hit(key)
		return 0, ErrCut
	} else if trip != nil {
		w.expect(int32(binary.BigEndian.Uint32(b[8:])), func() { trip.Hit(key) }) //nolint:gosec // as it is encoded
	}
	return w.Conn.Write(b) //nolint:wrapcheck // the connection's own
}

func (w *wire) expect(correlation int32, instead func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.await == nil {
		w.await = make(map[int32]func())
	}
	w.await[correlation] = instead
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if stopped := w.line.pass(w.closed); stopped != nil {
		return 0, stopped
	}
	for correlation := range w.answers.begun(b[:n]) {
		w.mu.Lock()
		instead := w.await[correlation]
		w.mu.Unlock()
		if instead != nil {
			instead()
			return 0, ErrCut
		}
	}
	return n, err //nolint:wrapcheck // the connection's own
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return w.Conn.Close() //nolint:wrapcheck // the connection's own
}
