package push_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// peer is a connection whose frames the test writes and reads itself.
type peer struct {
	*testing.T
	net.Conn
	from *bufio.Reader
}

func handshake(t *testing.T, url string) *peer {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	r := &peer{t, conn, bufio.NewReader(conn)}
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	for {
		line, err := r.from.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "Sec-WebSocket-Accept") && !strings.Contains(line, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") {
			t.Errorf("the answer is %q; RFC 6455 has another one", line)
		}
		if line == "\r\n" {
			return r
		}
	}
}

// write writes a frame as a client does; head is its first byte.
func (r *peer) write(head byte, payload string) {
	frame := []byte{head}
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, 0x80|byte(n))
	case n < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 0x80|127), uint64(n))
	}
	frame = append(frame, 1, 2, 3, 4)
	for i := range len(payload) {
		frame = append(frame, payload[i]^[4]byte{1, 2, 3, 4}[i%4])
	}
	if _, err := r.Conn.Write(frame); err != nil && !errors.Is(err, net.ErrClosed) {
		r.Log(err)
	}
}

// read reads a frame, and fails where a server must not send it so.
func (r *peer) read() (head byte, payload string, err error) {
	var start [2]byte
	if _, err := io.ReadFull(r.from, start[:]); err != nil {
		return 0, "", err
	}
	size := uint64(start[1])
	if size&0x80 != 0 {
		r.Error("the server masks")
	}
	var long [8]byte
	switch size {
	case 126:
		_, err = io.ReadFull(r.from, long[6:])
		size = binary.BigEndian.Uint64(long[:])
		if size < 126 {
			r.Errorf("a length of %d in 16 bits", size)
		}
	case 127:
		_, err = io.ReadFull(r.from, long[:])
		size = binary.BigEndian.Uint64(long[:])
		if size < 1<<16 {
			r.Errorf("a length of %d in 64 bits", size)
		}
	}
	if err != nil {
		return 0, "", err
	}
	all := make([]byte, size)
	_, err = io.ReadFull(r.from, all)
	return start[0], string(all), err
}

const askAdd = `{"jsonrpc":"2.0","id":1,"method":"nope"}`

// TestFrames holds a table of RFC 6455: what a client may send, and what closes its connection with which status.
func TestFrames(t *testing.T) {
	t.Parallel()
	url, _ := sockets(t, bustest.Open(t))
	const answered, pong, closed = 0x81, 0x8a, 0x88
	for name, each := range map[string]struct {
		send   func(*peer)
		head   byte
		status uint16
		text   string
	}{
		"a message": {func(r *peer) { r.write(0x81, askAdd) }, answered, 0, "-32601"},
		"fragments": {
			func(r *peer) { r.write(0x01, askAdd[:5]); r.write(0x00, askAdd[5:9]); r.write(0x80, askAdd[9:]) },
			answered, 0, "-32601",
		},
		"an empty fragment":     {func(r *peer) { r.write(0x01, ""); r.write(0x80, askAdd) }, answered, 0, "-32601"},
		"a ping in fragments":   {func(r *peer) { r.write(0x01, askAdd[:5]); r.write(0x89, "x"); r.write(0x80, askAdd[5:]) }, pong, 0, "x"},
		"a ping of 125 bytes":   {func(r *peer) { r.write(0x89, strings.Repeat("x", 125)) }, pong, 0, strings.Repeat("x", 125)},
		"a pong nobody wants":   {func(r *peer) { r.write(0x8a, "x"); r.write(0x81, askAdd) }, answered, 0, "-32601"},
		"an empty message":      {func(r *peer) { r.write(0x81, "") }, answered, 0, "-32700"},
		"a ping too long":       {func(r *peer) { r.write(0x89, strings.Repeat("x", 126)) }, closed, 1002, ""},
		"a fragmented ping":     {func(r *peer) { r.write(0x09, "x") }, closed, 1002, ""},
		"a reserved bit":        {func(r *peer) { r.write(0xc1, askAdd) }, closed, 1002, ""},
		"a reserved opcode":     {func(r *peer) { r.write(0x83, askAdd) }, closed, 1002, ""},
		"a lone continuation":   {func(r *peer) { r.write(0x80, askAdd) }, closed, 1002, ""},
		"text within fragments": {func(r *peer) { r.write(0x01, "a"); r.write(0x81, "b") }, closed, 1002, ""},
		"no UTF-8":              {func(r *peer) { r.write(0x81, "\"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\"") }, closed, 1007, ""},
		"half a character":      {func(r *peer) { r.write(0x81, "\"\xc3") }, closed, 1007, ""},
		"a character in halves": {func(r *peer) { r.write(0x01, "\"\xc3"); r.write(0x80, "\xa4\"") }, answered, 0, "-32600"},
		"bytes":                 {func(r *peer) { r.write(0x82, askAdd) }, closed, 1003, ""},
		"too much":              {func(r *peer) { r.write(0x81, strings.Repeat("x", 1<<17)) }, closed, 1009, ""},
		"a close":               {func(r *peer) { r.write(0x88, "\x03\xe8bye") }, closed, 1000, ""},
		"a close of our own":    {func(r *peer) { r.write(0x88, "\x0f\xa0") }, closed, 4000, ""},
		"a close that is none":  {func(r *peer) { r.write(0x88, "\x03") }, closed, 1002, ""},
		"a forbidden status":    {func(r *peer) { r.write(0x88, "\x03\xed") }, closed, 1002, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := handshake(t, url)
			each.send(r)
			head, payload, err := r.read()
			if err != nil || head != each.head || !strings.Contains(payload, each.text) {
				t.Fatalf("got %x %q %v", head, payload, err)
			}
			if head == closed && binary.BigEndian.Uint16([]byte(payload)) != each.status {
				t.Errorf("status %d, want %d", binary.BigEndian.Uint16([]byte(payload)), each.status)
			}
		})
	}
	t.Run("not masked", func(t *testing.T) {
		t.Parallel()
		r := handshake(t, url)
		_, _ = r.Conn.Write([]byte{0x81, 0x02, '{', '}'})
		if head, _, err := r.read(); err == nil && head != closed {
			t.Errorf("got %x", head)
		}
	})
}

// TestFrameLengths holds that what the server writes has the shortest length that fits, beside its answers to pings.
func TestFrameLengths(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b)
	news := push.Define("news", push.Text())
	r := handshake(t, url)
	r.write(0x81, `{"jsonrpc":"2.0","id":1,"method":"push.subscribe","params":{"channel":"news"}}`)
	if head, payload, err := r.read(); head != 0x81 || err != nil {
		t.Fatal(head, payload, err)
	}
	sizes := []int{0, 1, 20, 40, 124, 125, 126, 127, 1000, 65_000, 65_400, 65_536, 70_000, 1_000_000}
	for _, size := range sizes {
		publish(t, b, news, "k", strings.Repeat("x", size))
		r.write(0x89, "p")
	}
	pongs := 0
	for i := 0; i < len(sizes) || pongs < len(sizes); {
		head, payload, err := r.read()
		switch {
		case err != nil:
			t.Fatal(err)
		case head == 0x8a:
			pongs++
		case !strings.Contains(payload, `"data":"`+strings.Repeat("x", sizes[i])+`"`):
			t.Fatalf("message %d is %.200s", i, payload)
		default:
			i++
		}
	}
}
