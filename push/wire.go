package push

import (
	"bufio"
	"net"
	"net/http"
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

	conn net.Conn
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // the library's caller wraps it
	}
	h.conn, h.ResponseWriter = conn, hollow{h.ResponseWriter.Header()}
	if buffered.Reader.Buffered() > 0 { // what came with the request
		return conn, buffered, nil
	}
	return conn, bufio.NewReadWriter(bufio.NewReaderSize(conn, readBuffer), bufio.NewWriterSize(conn, writeBuffer)), nil
}

// hollow is a response that is over, so that the server's is not kept.
type hollow struct{ header http.Header }

func (h hollow) Header() http.Header         { return h.header }
func (h hollow) Write(b []byte) (int, error) { return len(b), nil }
func (h hollow) WriteHeader(int)             {}
