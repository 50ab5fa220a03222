package admin

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/millrace/millrace/httpapi"
)

// Loopback takes everybody for the identity whose browser runs on this machine, and nobody else: for development. A request must come from a
// loopback address, name one as its host, so that no other site's name leads here (DNS rebinding), and have passed no proxy: one on this
// machine would make everybody local. A proxy is known by its headers, such as X-Forwarded-For or Via, and by HTTP/1.0, which browsers
// do not speak. One that hides altogether, such as an SSH tunnel, is not known: what such a console is reached by is its operator's affair.
// Others are answered with 403, which says why.
func Loopback(identity httpapi.Identity) httpapi.Authenticator { return loopback{identity} }

type loopback struct{ identity httpapi.Identity }

func (l loopback) Authenticate(r *http.Request) (httpapi.Identity, error) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	switch proxy := proxied(r); {
	case err != nil || !from.Addr().Unmap().IsLoopback():
		return httpapi.Identity{}, remote("the request comes from another machine")
	case proxy != "":
		return httpapi.Identity{}, remote("the request came through a proxy, as " + proxy + " says")
	case !loops(r.Host):
		return httpapi.Identity{}, remote("its address names another machine: use localhost or 127.0.0.1")
	}
	return l.identity, nil
}

func remote(why string) error {
	return &httpapi.Problem{
		Status: http.StatusForbidden, Title: "The console is for this machine",
		Detail: "the console knows nobody by a token here, and is for browsers on this machine alone: " + why,
	}
}

// proxied is what a proxy has left in a request, empty for none.
func proxied(r *http.Request) string {
	if !r.ProtoAtLeast(1, 1) {
		return r.Proto
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded") || slices.Contains([]string{
			"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Client-Ip",
			"X-Envoy-External-Address",
		}, name) {
			return name
		}
	}
	return ""
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
