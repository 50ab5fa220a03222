package asyncapi

import (
	"errors"
	"net/url"
	"strings"

	"github.com/millrace/millrace/bus"
)

// scheme is a security scheme: how a client says to a broker who it is.
type scheme struct {
	Type        string    `json:"type"`
	Description string    `json:"description"`
	Flows       *struct{} `json:"flows,omitempty"`
}

// mechanisms are what a parameter sasl of an address may be. By which flow a token is had no address says.
var mechanisms = map[string]scheme{ //nolint:gochecknoglobals // a constant
	"scram-sha-512": {"scramSha512", "SASL SCRAM-SHA-512 (RFC 5802): a user and a password", nil},
	"scram-sha-256": {"scramSha256", "SASL SCRAM-SHA-256 (RFC 7677): a user and a password", nil},
	"plain":         {"plain", "SASL PLAIN (RFC 4616): a user and a password", nil},
	oauthbearer:     {"oauth2", "SASL OAUTHBEARER (RFC 7628): a token of the identity provider that the brokers trust", new(struct{})},
}

const (
	oauthbearer = "oauthbearer"
	certificate = "certificate"
)

// access is how a cluster is reached.
type access struct {
	brokers  []string
	protocol string
	scheme   string // empty where the address does not say who a client is
	is       scheme
}

// accessOf is what an address asks for, as [bus.Open] reads it: with a user it is SCRAM-SHA-512 unless the address says otherwise.
func accessOf(address string) (a access, err error) {
	brokers, encrypted, err := bus.Seeds(address)
	if err != nil {
		return a, err
	}
	address, parameters, _ := strings.Cut(address, "?") // which is no part of a password: Seeds has seen to that
	query, _ := url.ParseQuery(parameters)              // as Seeds has
	if encrypted = encrypted || query.Get("tls") == "true"; encrypted {
		a.protocol = "kafka-secure"
	} else {
		a.protocol = "kafka"
	}
	a.brokers, a.scheme = brokers, query.Get("sasl")
	switch {
	case a.scheme != "":
	case query.Get("token_file") != "":
		a.scheme = oauthbearer
	case hasUser(address):
		a.scheme = "scram-sha-512"
	}
	certified := query.Get("cert") != ""
	if !encrypted && (certified || a.scheme == "plain" || a.scheme == oauthbearer) {
		return a, errors.New("certificates, sasl=plain and sasl=oauthbearer need the scheme kafkas")
	}
	if a.scheme == "" {
		if certified {
			a.scheme, a.is = certificate, scheme{"X509", "TLS with a client's certificate", nil}
		}
		return a, nil
	}
	var known bool
	if a.is, known = mechanisms[a.scheme]; !known {
		return a, errors.New("sasl must be scram-sha-512, scram-sha-256, plain or oauthbearer")
	}
	if certified {
		a.scheme += "-and-" + certificate
		a.is.Description += ", over TLS with a client's certificate"
	}
	return a, nil
}

func hasUser(address string) bool {
	if _, rest, cut := strings.Cut(address, "://"); cut {
		address = rest
	}
	at := strings.LastIndexByte(address, '@')
	return at > 0 && address[0] != ':'
}

// demand is how a document's server refers to the scheme of its cluster, nothing where there is none.
func (d *document) demand(a access) []ref {
	if a.scheme == "" {
		return nil
	}
	d.Components.Security[a.scheme] = a.is
	return []ref{{pointer("components", "securitySchemes", a.scheme)}}
}
