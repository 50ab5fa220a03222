package webhooks

import "net/netip"

// A special is a range of addresses that no receiver of webhooks is in.
type special struct {
	prefix netip.Prefix
	what   string
}

// specials are all ranges of IANA's special-purpose registries for IPv4 and IPv6, those that are reachable from everywhere too, with what
// the registries of multicast and of IPv6's address space have beside them. Of IPv6, what is not in 2000::/3 is no global unicast.
func specials() []special {
	list := []special{
		{what: "this network (RFC 791)", prefix: netip.MustParsePrefix("0.0.0.0/8")},
		{what: "private (RFC 1918)", prefix: netip.MustParsePrefix("10.0.0.0/8")},
		{what: "carrier-grade NAT (RFC 6598)", prefix: netip.MustParsePrefix("100.64.0.0/10")},
		{what: "loopback (RFC 1122)", prefix: netip.MustParsePrefix("127.0.0.0/8")},
		{what: "link-local (RFC 3927)", prefix: netip.MustParsePrefix("169.254.0.0/16")},
		{what: "private (RFC 1918)", prefix: netip.MustParsePrefix("172.16.0.0/12")},
		{what: "protocol assignments (RFC 6890)", prefix: netip.MustParsePrefix("192.0.0.0/24")},
		{what: "documentation (RFC 5737)", prefix: netip.MustParsePrefix("192.0.2.0/24")},
		{what: "AS112 (RFC 7535)", prefix: netip.MustParsePrefix("192.31.196.0/24")},
		{what: "AMT (RFC 7450)", prefix: netip.MustParsePrefix("192.52.193.0/24")},
		{what: "6to4 relays (RFC 7526)", prefix: netip.MustParsePrefix("192.88.99.0/24")},
		{what: "private (RFC 1918)", prefix: netip.MustParsePrefix("192.168.0.0/16")},
		{what: "AS112 (RFC 7534)", prefix: netip.MustParsePrefix("192.175.48.0/24")},
		{what: "benchmarks (RFC 2544)", prefix: netip.MustParsePrefix("198.18.0.0/15")},
		{what: "documentation (RFC 5737)", prefix: netip.MustParsePrefix("198.51.100.0/24")},
		{what: "documentation (RFC 5737)", prefix: netip.MustParsePrefix("203.0.113.0/24")},
		{what: "multicast (RFC 5771)", prefix: netip.MustParsePrefix("224.0.0.0/4")},
		{what: "reserved or broadcast (RFC 1112)", prefix: netip.MustParsePrefix("240.0.0.0/4")},
		{what: "Teredo, ORCHID and protocol assignments (RFC 2928)", prefix: netip.MustParsePrefix("2001::/23")},
		{what: "documentation (RFC 3849)", prefix: netip.MustParsePrefix("2001:db8::/32")},
		{what: "6to4 (RFC 3056)", prefix: netip.MustParsePrefix("2002::/16")},
		{what: "AS112 (RFC 7534)", prefix: netip.MustParsePrefix("2620:4f:8000::/48")},
		{what: "documentation (RFC 9637)", prefix: netip.MustParsePrefix("3fff::/20")},
	}
	return list
}

// Of IPv6, only this is global unicast. Outside are loopback, mapped and compatible addresses, NAT64 (64:ff9b::/96 and 64:ff9b:1::/48),
// discard-only (100::/64), dummies (100:0:0:1::/64), segment routing (5f00::/16), private (fc00::/7), link-local, site-local, multicast.
func globalUnicast() netip.Prefix { return netip.MustParsePrefix("2000::/3") }

// nat64 is the prefix whose addresses have one of IPv4 in them that they lead to.
func nat64() netip.Prefix { return netip.MustParsePrefix("64:ff9b::/96") }
