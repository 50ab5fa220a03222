package bus

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
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

func parseAddress(raw string) (address, error) {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		scheme, rest = "kafka", raw
	}
	if scheme != "kafka" && scheme != "kafkas" {
		return address{}, fmt.Errorf("%w: scheme %q must be kafka or kafkas", ErrAddress, scheme)
	}
	at := address{tls: scheme == "kafkas"}
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		if err := at.credentials(rest[:i]); err != nil {
			return address{}, err
		}
		rest = rest[i+1:]
	}
	rest, query, _ := strings.Cut(rest, "?")
	var err error
	if at.query, err = url.ParseQuery(query); err != nil {
		return address{}, fmt.Errorf("%w: the part after ? is not a query string", ErrAddress)
	}
	for seed := range strings.SplitSeq(strings.TrimSuffix(rest, "/"), ",") {
		if seed, err = withPort(strings.TrimSpace(seed)); err != nil {
			return address{}, err
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

func withPort(seed string) (string, error) {
	if seed == "" {
		return "", fmt.Errorf("%w: expected kafka://host:port[,host:port]", ErrAddress)
	}
	if host, port, err := net.SplitHostPort(seed); err == nil {
		if host == "" || port == "" {
			return "", fmt.Errorf("%w: %q must be host:port", ErrAddress, seed)
		}
		return seed, nil
	}
	if strings.ContainsAny(seed, "/ ") {
		return "", fmt.Errorf("%w: %q must be host:port", ErrAddress, seed)
	}
	return net.JoinHostPort(strings.Trim(seed, "[]"), defaultPort), nil
}
