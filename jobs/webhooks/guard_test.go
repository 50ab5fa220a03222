package webhooks_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/millrace/millrace/jobs/webhooks"
)

func guard(t *testing.T, opts ...webhooks.GuardOption) *webhooks.Guard {
	t.Helper()
	g, err := webhooks.NewGuard(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// registries are the first and the last address of each entry of IANA's special-purpose address registries for IPv4 and IPv6, of
// multicast, and of what else names this network: mapped, NAT64, 6to4 and compatible addresses of private ones.
const registries = `
	0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.0.0.1 127.255.255.255
	169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.7 192.0.0.8 192.0.0.9 192.0.0.10 192.0.0.170
	192.0.0.171 192.0.0.255 192.0.2.0 192.0.2.255 192.31.196.0 192.31.196.255 192.52.193.0 192.52.193.255 192.88.99.0 192.88.99.2
	192.88.99.255 192.168.0.0 192.168.255.255 192.175.48.0 192.175.48.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255
	203.0.113.0 203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255
	:: ::1 ::ffff:0:0 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:ffff:ffff 64:ff9b:: 64:ff9b::127.0.0.1 64:ff9b::8.8.8.8 64:ff9b::ffff:ffff
	64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff 100:: 100::ffff:ffff:ffff:ffff 100:0:0:1:: 100:0:0:1:ffff:ffff:ffff:ffff
	2001:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:1::1 2001:1::2 2001:1::3 2001:2:: 2001:2:0:ffff:ffff:ffff:ffff:ffff 2001:3::
	2001:3:ffff:ffff:ffff:ffff:ffff:ffff 2001:4:112:: 2001:4:112:ffff:ffff:ffff:ffff:ffff 2001:10:: 2001:1f:ffff:ffff:ffff:ffff:ffff:ffff
	2001:20:: 2001:2f:ffff:ffff:ffff:ffff:ffff:ffff 2001:30:: 2001:3f:ffff:ffff:ffff:ffff:ffff:ffff 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff
	2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2002:: 2002:7f00:1:: 2002:a00:1:: 2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff
	2620:4f:8000:: 2620:4f:8000:ffff:ffff:ffff:ffff:ffff 3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff 5f00:: 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff
	fc00:: fd00:ec2::254 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe80:: fe80::1%eth0 febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff
	fec0:: feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ff00:: ff02::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ::127.0.0.1 ::8.8.8.8 4000::`

type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) (addrs []netip.Addr, err error) {
	for _, text := range n[host] {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	return addrs, nil
}

// TestSpecialAddresses refuses each address as it is written into a URL, and as what a name is looked up to, also beside a good one.
func TestSpecialAddresses(t *testing.T) {
	t.Parallel()
	unreachable := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("dialled") }
	for text := range strings.FieldsSeq(registries) {
		addr := netip.MustParseAddr(text)
		literal := text
		if addr.Is6() {
			literal = "[" + strings.Replace(text, "%", "%25", 1) + "]"
		}
		g := guard(t, webhooks.Dial(unreachable), webhooks.LookUp(names{"a.example.com": {text}, "b.example.com": {"8.8.8.8", text}}))
		if err := g.CheckAddress(addr); !errors.Is(err, webhooks.ErrTarget) {
			t.Errorf("%s: %v", text, err)
		}
		if err := g.CheckURL("https://" + literal + "/hooks"); !errors.Is(err, webhooks.ErrTarget) {
			t.Errorf("%s in a URL: %v", text, err)
		}
		for _, host := range []string{"a.example.com", "b.example.com", text} {
			_, err := g.DialContext(t.Context(), "tcp", net.JoinHostPort(host, "443"))
			if mapped := addr.Unmap() != addr && host != text && !strings.Contains(addr.Unmap().String(), "127."); mapped {
				continue // a resolver that maps means the IPv4 address, which is checked on its own
			}
			if !errors.Is(err, webhooks.ErrTarget) {
				t.Errorf("%s of %s is dialled: %v", text, host, err)
			}
		}
	}
	for _, text := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255",
		"172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
		"2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "3ffe::1",
	} {
		if err := guard(t).CheckAddress(netip.MustParseAddr(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	g := guard(t)
	for _, good := range []string{
		"https://example.com", "https://hooks.example.com/a/b?c=d", "https://example.com:443/", "https://EXAMPLE.com./x",
		"https://xn--bcher-kva.example/", "https://8.8.8.8/", "https://[2606:4700::1111]/", "https://a_b.example.com/x%20y",
	} {
		if err := g.CheckURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "example.com", "/hooks", "https:example.com", "http://example.com", "ftp://example.com", "file:///etc/passwd", "gopher://example.com",
		"https://", "https:///x", "https://example.com:8443", "https://example.com:22", "https://example.com:0", "https://example.com:65536",
		"https://example.com:x", "https://user@example.com", "https://user:secret@example.com", "https://example.com@127.0.0.1/",
		"https://example.com#x", "https://example.com/#", "https://example.com\\@127.0.0.1/", "https://exa mple.com/", "https://bücher.example/",
		"https://example.com/\x00", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/",
		"https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.01/", "https://1.2.3.4.5/", "https://example.com.127/", "https://0x/",
		"https://127.0.0.0x1/", "https://[::1", "https://[::ffff:7f00:1]/", "https://[fe80::1%25lo]/", "https://[v1.x]/", "https://%31%32%37.0.0.1/",
		"https://localhost/", "https://LOCALHOST./", "https://a.localhost/", "https://db.internal/", "https://printer.local/", "https://kubernetes/",
		"https://-a.example.com/", "https://a..example.com/", "https://.example.com/", "https://①②⑦.⓪.⓪.①/",
		"https://example.com/" + strings.Repeat("x", 2048),
	} {
		if err := g.CheckURL(bad); !errors.Is(err, webhooks.ErrTarget) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	open := guard(t, webhooks.AllowHTTP(), webhooks.AllowNets(netip.MustParsePrefix("127.0.0.0/8")), webhooks.Ports(8080))
	if err := open.CheckURL("http://127.0.0.1:8080/"); err != nil {
		t.Error(err)
	}
	if err := open.CheckURL("http://127.0.0.1/"); err == nil {
		t.Error("another port is taken")
	}
}

func TestGuardOptions(t *testing.T) {
	t.Parallel()
	nat64, all := netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("0.0.0.0/0")
	for text, ok := range map[string]bool{"64:ff9b::8.8.8.8": true, "64:ff9b::10.0.0.1": false, "64:ff9b::169.254.169.254": false} {
		if err := guard(t, webhooks.AllowNets(nat64)).CheckAddress(netip.MustParseAddr(text)); (err == nil) != ok {
			t.Errorf("%s through NAT64: %v", text, err)
		}
	}
	own := guard(t, webhooks.AllowNets(all), webhooks.DenyNets(netip.MustParsePrefix("8.8.8.0/24")))
	if own.CheckAddress(netip.MustParseAddr("8.8.8.8")) == nil || own.CheckAddress(netip.MustParseAddr("10.0.0.1")) != nil {
		t.Error("what is denied does not go before what is allowed")
	}
	for name, opt := range map[string]webhooks.GuardOption{
		"resolver": webhooks.LookUp(nil), "dialer": webhooks.Dial(nil), "port": webhooks.Ports(0), "range": webhooks.AllowNets(netip.Prefix{}),
		"mapped": webhooks.DenyNets(netip.MustParsePrefix("::ffff:10.0.0.0/104")),
	} {
		if _, err := webhooks.NewGuard(opt); err == nil {
			t.Errorf("a wrong %s is taken", name)
		}
	}
}

// TestSocketsAreChecked lets a socket be opened by the guard's own dialer, under a name that leads to this machine.
func TestSocketsAreChecked(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer server.Close()
	addr := netip.MustParseAddrPort(server.Listener.Addr().String())
	here := []webhooks.GuardOption{
		webhooks.AllowHTTP(), webhooks.Ports(addr.Port()), webhooks.LookUp(names{"a.example.com": {addr.Addr().String()}}),
	}
	post := func(g *webhooks.Guard) error {
		client := &http.Client{Transport: &http.Transport{DialContext: g.DialContext, DisableKeepAlives: true}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
			"http://"+net.JoinHostPort("a.example.com", server.URL[strings.LastIndex(server.URL, ":")+1:]), nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(r)
		if err != nil {
			return err
		}
		return response.Body.Close()
	}
	if err := post(guard(t, here...)); !errors.Is(err, webhooks.ErrTarget) || calls.Load() != 0 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
	if err := post(guard(t, append(here, webhooks.AllowNets(netip.MustParsePrefix("127.0.0.0/8")))...)); err != nil || calls.Load() != 1 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
}

func FuzzURL(f *testing.F) {
	g, err := webhooks.NewGuard()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("https://127.0.0.1/")
	f.Add("https://[::ffff:10.0.0.1]:443/")
	f.Fuzz(func(t *testing.T, text string) {
		if g.CheckURL(text) != nil {
			return
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, text, nil)
		if err != nil || r.URL.Scheme != "https" || r.URL.User != nil {
			t.Fatalf("%q is taken: %v", text, err)
		}
		if addr, err := netip.ParseAddr(r.URL.Hostname()); err == nil && g.CheckAddress(addr) != nil {
			t.Fatalf("%q is taken", text)
		}
	})
}
