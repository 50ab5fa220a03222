package webhooks

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// ErrTarget is found in the error of a URL or an address that deliveries must not go to.
var ErrTarget = errors.New("webhooks: the target is refused")

// Guard says where deliveries may go, so that no customer can make this network's own services answer. It is safe for concurrent use.
type Guard struct {
	http     bool
	ports    []uint16
	allow    []netip.Prefix
	deny     []netip.Prefix
	specials []special
	resolver Resolver
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	roots    *x509.CertPool
	errs     []error
}

// Resolver looks names up. A [net.Resolver] is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// GuardOption changes a [Guard].
type GuardOption interface{ applyGuard(*Guard) }

type guardOption func(*Guard)

func (f guardOption) applyGuard(g *Guard) { f(g) }

// AllowHTTP also takes URLs of http, whose payloads everybody on the way can read: for development.
func AllowHTTP() GuardOption { return guardOption(func(g *Guard) { g.http = true }) }

// Ports are the ports that deliveries may go to, instead of 443, and 80 for http.
func Ports(ports ...uint16) GuardOption {
	return guardOption(func(g *Guard) { g.ports = append(g.ports, ports...) })
}

// AllowNets takes addresses in the ranges that would be refused: for development, or receivers in networks of one's own. An address of
// NAT64 (64:ff9b::/96) must be allowed itself, and so must the IPv4 address that it leads to.
func AllowNets(prefixes ...netip.Prefix) GuardOption {
	return guardOption(func(g *Guard) { g.allow = append(g.allow, prefixes...) })
}

// DenyNets refuses more ranges, before all that is allowed: one's own public addresses, say.
func DenyNets(prefixes ...netip.Prefix) GuardOption {
	return guardOption(func(g *Guard) { g.deny = append(g.deny, prefixes...) })
}

// LookUp is what names are looked up with, instead of [net.DefaultResolver].
func LookUp(r Resolver) GuardOption { return guardOption(func(g *Guard) { g.resolver = r }) }

// Dial connects to an address that was looked up and is not refused, always of numbers, instead of a [net.Dialer]: for tests, and
// for a proxy which decides itself what it lets through.
func Dial(f func(ctx context.Context, network, address string) (net.Conn, error)) GuardOption {
	return guardOption(func(g *Guard) { g.dial = f })
}

// RootCAs are whose certificates receivers may have, instead of the system's.
func RootCAs(pool *x509.CertPool) GuardOption { return guardOption(func(g *Guard) { g.roots = pool }) }

// NewGuard makes a guard. Without options it takes https on port 443 to addresses that are in none of IANA's special-purpose ranges.
func NewGuard(opts ...GuardOption) (*Guard, error) {
	g := &Guard{specials: specials(), resolver: net.DefaultResolver}
	g.dial = (&net.Dialer{Control: g.control}).DialContext
	for _, opt := range opts {
		opt.applyGuard(g)
	}
	if g.ports == nil {
		g.ports = []uint16{443}
		if g.http {
			g.ports = append(g.ports, 80)
		}
	}
	for _, prefix := range slices.Concat(g.allow, g.deny) {
		if !prefix.IsValid() || prefix.Addr().Is4In6() {
			g.errs = append(g.errs, fmt.Errorf("the range %s is none of IPv4 or IPv6", prefix))
		}
	}
	if g.resolver == nil || g.dial == nil || slices.Contains(g.ports, 0) {
		g.errs = append(g.errs, errors.New("the resolver and the dialer must not be nil, and ports not 0"))
	}
	if err := errors.Join(g.errs...); err != nil {
		return nil, fmt.Errorf("webhooks: guard: %w", err)
	}
	return g, nil
}

// CheckAddress says why an address is refused, or nil.
func (g *Guard) CheckAddress(addr netip.Addr) error {
	if !addr.IsValid() || addr.Zone() != "" {
		return fmt.Errorf("%w: it is no address without a zone", ErrTarget)
	}
	contains := func(p netip.Prefix) bool { return p.Contains(addr) }
	if slices.ContainsFunc(g.deny, contains) {
		return fmt.Errorf("%w: %s is in a range that is denied", ErrTarget, addr)
	}
	if nat64().Contains(addr) {
		bytes := addr.As16()
		if err := g.CheckAddress(netip.AddrFrom4([4]byte(bytes[12:]))); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(g.allow, contains) {
		return nil
	}
	if addr.Is6() && !globalUnicast().Contains(addr) { // with mapped addresses, whose IPv4 address is not looked at: nobody needs them
		return fmt.Errorf("%w: %s is not global unicast", ErrTarget, addr)
	}
	for _, s := range g.specials {
		if s.prefix.Contains(addr) {
			return fmt.Errorf("%w: %s is special: %s", ErrTarget, addr, s.what)
		}
	}
	return nil
}

func (g *Guard) checkPort(port uint16) error {
	if !slices.Contains(g.ports, port) {
		return fmt.Errorf("%w: port %d is not one of %v", ErrTarget, port, g.ports)
	}
	return nil
}
