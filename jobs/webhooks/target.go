package webhooks

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

const maxURL = 2048

// hostPattern is a name as DNS has it. Names of other scripts are written in Punycode.
var hostPattern = regexp.MustCompile(`^([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.)+[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.?$`)

// CheckURL says what is wrong with a receiver's URL, as far as that can be told without looking its name up: scheme, user, port, odd
// spellings of addresses, addresses that are refused. Names are looked at whenever something is delivered. Errors do not hold the URL.
func (g *Guard) CheckURL(text string) error {
	refuse := func(why string, args ...any) error {
		return fmt.Errorf("%w: "+why, append([]any{ErrTarget}, args...)...)
	}
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURL:
		return refuse("the URL is longer than %d bytes", maxURL)
	case err != nil || u.Opaque != "":
		return refuse("it is no absolute URL")
	case u.Scheme != "https" && (u.Scheme != "http" || !g.http):
		return refuse("the scheme must be https")
	case u.User != nil:
		return refuse("a URL must not have a user: give a header instead")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return refuse("a URL must not have a fragment")
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }):
		return refuse("a URL must be of visible ASCII characters without \\")
	}
	port, err := portOf(u)
	if err != nil {
		return refuse("the port is no number from 1 to 65535")
	}
	if err := g.checkPort(port); err != nil {
		return err
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.CheckAddress(addr)
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := strings.ToLower(labels[len(labels)-1])
	switch {
	case strings.ContainsAny(u.Host, "[]%"):
		return refuse("it is no address")
	case numeric(last):
		return refuse("an address is four decimal numbers without leading zeros: others are read differently by different programs")
	case last == "localhost" || last == "local" || last == "internal":
		return refuse("names under %s are of private networks", last)
	case !hostPattern.MatchString(host):
		return refuse("the host must be a full name, in Punycode where it is of another script")
	}
	return nil
}

// numeric says whether a name that ends so is taken for an address by some programs: 127.1, 0x7f000001, 2130706433.
func numeric(label string) bool {
	if hexadecimal, is := strings.CutPrefix(label, "0x"); is {
		return strings.Trim(hexadecimal, "0123456789abcdef") == ""
	}
	return label == "" || strings.Trim(label, "0123456789") == ""
}

func portOf(u *url.URL) (uint16, error) {
	if text := u.Port(); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		return uint16(port), err
	}
	if u.Scheme == "http" {
		return 80, nil
	}
	return 443, nil
}
