package admin

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/millrace/millrace/httpapi"
)

// Loopback takes everybody for the identity whose browser runs on this machine, and nobody else: for development. A request must come from a
// loopback address, name one as its host, so that no other site's name leads here, and have passed no proxy.
func Loopback(identity httpapi.Identity) httpapi.Authenticator { return loopback{identity} }

type loopback struct{ identity httpapi.Identity }

func (l loopback) Authenticate(r *http.Request) (httpapi.Identity, error) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() || !loops(r.Host) || r.Header.Get("Forwarded")+r.Header.Get("X-Forwarded-For") != "" {
		return httpapi.Identity{}, httpapi.ErrAnonymous
	}
	return l.identity, nil
}

// loops says whether a host is this machine, whoever resolves it.
func loops(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	at, err := netip.ParseAddr(host)
	return err == nil && at.Unmap().IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
