package bus

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// ErrAddress is found in the error of an address that [Open] does not understand.
var ErrAddress = errors.New("bus: address")

const defaultPort = "9092"

// address is what a Kafka URL says: kafka://user:password@host:port,host:port?option=value.
// The scheme kafkas means TLS.
type address struct {
	seeds    []string
	tls      bool
	user     string
	password string
	query    url.Values
}

// Seeds are the brokers that an address for [Open] names, each as host:port, and whether they are spoken to by TLS. User, password and options of the
// address are left out. An error matches [ErrAddress].
func Seeds(raw string) (seeds []string, encrypted bool, err error) {
	at, err := parseAddress(raw)
	return at.seeds, at.tls, err
}

// parseAddress takes an address apart. Neither the brokers nor an error hold anything of user and password: where it
// cannot be told which part that is, the address is refused.
func parseAddress(raw string) (address, error) {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		scheme, rest = "kafka", raw
	}
	if scheme != "kafka" && scheme != "kafkas" {
		return address{}, fmt.Errorf("%w: the scheme must be kafka or kafkas", ErrAddress)
	}
	at := address{tls: scheme == "kafkas"}
	rest, query, _ := strings.Cut(rest, "?")
	if strings.Contains(query, "@") {
		return address{}, fmt.Errorf("%w: there is an @ behind a ?: write ? in user and password as %%3F, and @ in a parameter as %%40", ErrAddress)
	}
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		if err := at.credentials(rest[:i]); err != nil {
			return address{}, err
		}
		rest = rest[i+1:]
	}
	var err error
	if at.query, err = url.ParseQuery(query); err != nil {
		return address{}, fmt.Errorf("%w: the part after ? is not a query string", ErrAddress)
	}
	for seed := range strings.SplitSeq(strings.TrimSuffix(rest, "/"), ",") {
		seed, ok := withPort(strings.TrimSpace(seed))
		if !ok {
			return address{}, fmt.Errorf("%w: broker %d is none; expected kafka://host:port[,host:port]", ErrAddress, len(at.seeds)+1)
		}
		at.seeds = append(at.seeds, seed)
	}
	return at, nil
}

func (a *address) credentials(text string) error {
	user, password, _ := strings.Cut(text, ":")
	var errUser, errPassword error
	a.user, errUser = url.PathUnescape(user)
	a.password, errPassword = url.PathUnescape(password)
	if errUser != nil || errPassword != nil {
		return fmt.Errorf("%w: user and password must be percent-encoded", ErrAddress)
	}
	return nil
}

// withPort is a broker as host:port, and false for what is none.
func withPort(seed string) (string, bool) {
	host, port, err := net.SplitHostPort(seed)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(seed, "["), "]"), defaultPort
	}
	_, errPort := strconv.ParseUint(port, 10, 16)
	_, errIP := netip.ParseAddr(host)
	named := host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r)
	})
	return net.JoinHostPort(host, port), errPort == nil && (named || errIP == nil)
}
