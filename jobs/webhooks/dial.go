package webhooks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// maxAddresses bounds the addresses of a name that are tried.
const (
	maxAddresses = 8
	dialTimeout  = 5 * time.Second
)

// DialContext looks the name up, refuses it when one of its addresses is refused, and connects to one of the addresses that it has
// looked at. So what a name means later does not matter. It is what an http.Transport wants.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTarget, err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%w: the port is no number", ErrTarget)
	}
	if err := g.checkPort(uint16(port)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	addrs, err := g.lookUp(ctx, host)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, addr := range addrs {
		var conn net.Conn
		if conn, err = g.dial(ctx, network, netip.AddrPortFrom(addr, uint16(port)).String()); err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// lookUp are the addresses of a host, of which none is refused.
func (g *Guard) lookUp(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, g.CheckAddress(addr)
	}
	found, err := g.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, &lookUpError{err}
	}
	addrs := make([]netip.Addr, 0, len(found))
	for _, addr := range found {
		addr = addr.Unmap() // resolvers may map the addresses of IPv4
		if err := g.CheckAddress(addr); err != nil {
			return nil, err
		}
		addrs = append(addrs, addr)
	}
	if len(addrs) == 0 {
		return nil, &lookUpError{errors.New("the name has no address")}
	}
	return addrs[:min(len(addrs), maxAddresses)], nil
}

// lookUpError says that a name could not be looked up.
type lookUpError struct{ err error }

func (e *lookUpError) Error() string { return "webhooks: look up: " + e.err.Error() }
func (e *lookUpError) Unwrap() error { return e.err }

// control is asked by the dialer about the address of each socket: once more, where it counts.
func (g *Guard) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTarget, err)
	}
	return g.CheckAddress(target.Addr().Unmap())
}
