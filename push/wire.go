package push

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Buffers of a WebSocket's connection, in bytes: what it is sent is not buffered, but for what coder/websocket writes itself.
const (
	readBuffer  = 512
	writeBuffer = 256
)

// hijacked gives coder/websocket a connection with small buffers, and keeps it: what many clients are sent is framed once, and written past
// the library. That is sound since each of the library's own frames, and each of our writes, is one call of the connection's Write, which
// takes one after the other.
type hijacked struct {
	http.ResponseWriter

	limit time.Duration
	conn  net.Conn
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // the library's caller wraps it
	}
	_ = conn.SetDeadline(time.Time{}) // those of its request
	h.conn, h.ResponseWriter = &timed{Conn: conn, limit: h.limit, began: time.Now()}, hollow{h.ResponseWriter.Header()}
	if buffered.Reader.Buffered() > 0 { // what came with the request
		buffered.Writer.Reset(h.conn)
		return h.conn, buffered, nil
	}
	return h.conn, bufio.NewReadWriter(bufio.NewReaderSize(conn, readBuffer), bufio.NewWriterSize(h.conn, writeBuffer)), nil
}

// timed is a connection each of whose writes may take its limit, or half as long again: the deadline is moved when it is too near, as to set
// it for each write takes longer than many a write. The library's own frames are writes of it too.
type timed struct {
	net.Conn

	limit time.Duration
	began time.Time
	until atomic.Int64 // the deadline, in nanoseconds since it began: the clock may be set
}

func (t *timed) Write(b []byte) (int, error) {
	if now := time.Now(); now.Add(t.limit).Sub(t.began) > time.Duration(t.until.Load()) {
		until := now.Add(t.limit + t.limit/2) //nolint:mnd // half
		_ = t.SetWriteDeadline(until)
		t.until.Store(int64(until.Sub(t.began))) // another write may go by it at once
	}
	return t.Conn.Write(b) //nolint:wrapcheck // it is the connection
}

// hollow is a response that is over, so that the server's is not kept.
type hollow struct{ header http.Header }

func (h hollow) Header() http.Header         { return h.header }
func (h hollow) Write(b []byte) (int, error) { return len(b), nil }
func (h hollow) WriteHeader(int)             {}
