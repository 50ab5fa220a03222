package hooks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"

	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/resilience"
)

const httpsPort = 443

// guard lets deliveries go to public addresses by https, and to the one address that the shop's own receiver has.
func guard(receiver string) (*webhooks.Guard, error) {
	if receiver == "" {
		return webhooks.NewGuard()
	}
	u, err := url.Parse(receiver)
	if err != nil || u.Scheme != "http" {
		return nil, errors.New("hooks: the receiver must be as http://127.0.0.1:8080/hooks/receiver")
	}
	own, err := netip.ParseAddrPort(u.Host)
	if err != nil {
		return nil, fmt.Errorf("hooks: the receiver's host must be an address and a port: %w", err)
	}
	var dialer net.Dialer
	return webhooks.NewGuard(
		webhooks.AllowHTTP(), webhooks.Ports(httpsPort, own.Port()), webhooks.AllowNets(netip.PrefixFrom(own.Addr(), own.Addr().BitLen())),
		webhooks.Dial(func(ctx context.Context, network, address string) (net.Conn, error) {
			to, err := netip.ParseAddrPort(address)
			if err != nil || to.Addr() == own.Addr() && to != own {
				return nil, webhooks.ErrTarget // another port of the address that was allowed
			}
			return dialer.DialContext(ctx, network, address)
		}))
}

// check refuses what the guard would take that lets the own receiver be called by http: others have https.
func (h *Hooks) check(target string) error {
	u, err := url.Parse(target)
	if err == nil && !h.own(u) && (u.Scheme != "https" || h.near(u)) {
		err = errors.New("the URL must begin with https:// and lead elsewhere, or be that of the shop's own receiver")
	}
	if err != nil {
		return resilience.Permanent(fmt.Errorf("%w: %w", webhooks.ErrSettings, err))
	}
	return nil
}

// near says whether a URL has the address of the shop's own receiver.
func (h *Hooks) near(u *url.URL) bool {
	receiver, err := url.Parse(h.receiver)
	return err == nil && h.receiver != "" && u.Hostname() == receiver.Hostname()
}

// own says whether a URL is that of the shop's own receiver, whatever its query is.
func (h *Hooks) own(u *url.URL) bool {
	receiver, err := url.Parse(h.receiver)
	return err == nil && h.receiver != "" && u.Scheme == receiver.Scheme && u.Host == receiver.Host && u.Path == receiver.Path
}
