package push

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

// crowd is clients whose connections one thread reads.
type crowd struct {
	poll    int
	clients map[int32]*connection
	events  []syscall.EpollEvent
	buffer  []byte
	tally   tally
}

// handshake is the request that each connection begins with.
const handshake = "GET / HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// connect opens so many connections, and subscribes each.
func connect(count int, address, hello string) (c *crowd, err error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	c = &crowd{
		clients: make(map[int32]*connection, count), events: make([]syscall.EpollEvent, 1024), buffer: make([]byte, 256<<10), //nolint:mnd // much
	}
	if c.poll, err = syscall.EpollCreate1(0); err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	for range count {
		if err := c.open(at, hello); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

func (c *crowd) open(at netip.AddrPort, hello string) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	c.clients[int32(fd)] = &connection{} //nolint:gosec // few
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	if _, err := syscall.Write(fd, fmt.Appendf(nil, handshake, at)); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	var head []byte
	for !bytes.Contains(head, []byte("\r\n\r\n")) {
		n, err := syscall.Read(fd, c.buffer)
		if err != nil || n == 0 {
			return fmt.Errorf("the handshake ended: %q: %w", head, err)
		}
		head = append(head, c.buffer[:n]...)
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
		return fmt.Errorf("no connection: %q", head)
	}
	if _, err := syscall.Write(fd, masked(hello)); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	readable := &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)} //nolint:gosec // few
	return syscall.EpollCtl(c.poll, syscall.EPOLL_CTL_ADD, fd, readable)    //nolint:wrapcheck // a bench
}

// masked is a client's text frame (RFC 6455), masked with zeros.
func masked(text string) []byte {
	frame := binary.BigEndian.AppendUint16([]byte{0x81, 0xfe}, uint16(len(text))) //nolint:gosec // short
	return append(append(frame, 0, 0, 0, 0), text...)
}

var errClosed = errors.New("the server has closed a connection")

// read takes what has come, waiting for so long at most.
func (c *crowd) read(wait time.Duration) error {
	n, err := syscall.EpollWait(c.poll, c.events, int(wait.Milliseconds()))
	if err != nil && !errors.Is(err, syscall.EINTR) {
		return err //nolint:wrapcheck // a bench
	}
	for _, event := range c.events[:max(n, 0)] {
		size, err := syscall.Read(int(event.Fd), c.buffer)
		switch {
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		case err != nil:
			return err //nolint:wrapcheck // a bench
		case size == 0:
			return errClosed
		default:
			c.tally.read(c.clients[event.Fd], c.buffer[:size], time.Now())
		}
	}
	return nil
}

// receive reads until so many payloads have come.
func (c *crowd) receive(ctx context.Context, count int) error {
	for c.tally.count < count {
		if err := c.read(100 * time.Millisecond); err != nil { //nolint:mnd // to look at ctx
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%d of %d payloads have come: %w", c.tally.count, count, context.Cause(ctx))
		}
	}
	return nil
}

// settle reads for a while.
func (c *crowd) settle(d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := c.read(time.Until(end)); err != nil {
			return err
		}
	}
	return nil
}

// Close closes all connections.
func (c *crowd) Close() error {
	var errs []error
	for fd := range c.clients {
		errs = append(errs, syscall.Close(int(fd)))
	}
	return errors.Join(append(errs, syscall.Close(c.poll))...)
}
