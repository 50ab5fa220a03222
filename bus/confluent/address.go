package confluent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/millrace/millrace/bus"
)

// The parameters of an address, as in that of a bus.
const (
	paramCA        = "ca"
	paramCert      = "cert"
	paramKey       = "key"
	paramTokenFile = "token_file"
)

type settings struct {
	urls        []string
	credentials func(context.Context) (user, password string, err error)
	token       func(context.Context) (string, error)
	tls         *tls.Config
	subject     func(*bus.Contract) string
}

func newSettings(address string, opts []Option) (*settings, error) {
	s := &settings{subject: TopicContract}
	clear, err := s.parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: schema registry: %w", bus.ErrAddress, err)
	}
	for _, opt := range opts {
		opt.applyRegistry(s)
	}
	switch {
	case s.subject == nil:
		return nil, errors.New("confluent: the function of Subject must not be nil")
	case clear && (s.token != nil || s.credentials != nil):
		return nil, fmt.Errorf("%w: schema registry: http would send the credentials in the clear; use https", bus.ErrAddress)
	}
	return s, nil
}

// parse says whether anything would go in the clear over a network. Its errors quote nothing of the address, which may
// hold a password.
func (s *settings) parse(address string) (clear bool, err error) {
	address, query, _ := strings.Cut(address, "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		return false, errors.New("the part after ? is not a query string")
	}
	for name := range params {
		if !slices.Contains([]string{paramCA, paramCert, paramKey, paramTokenFile}, name) {
			return false, fmt.Errorf("unknown parameter %q; known are ca, cert, key and token_file", name)
		}
	}
	for one := range strings.SplitSeq(address, ",") {
		at, err := url.Parse(strings.TrimSpace(one))
		if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
			return false, errors.New("it must be https://host:port or http://host:port; user and password must be percent-encoded")
		}
		if at.User != nil && s.credentials == nil {
			user := at.User.Username()
			password, _ := at.User.Password()
			s.credentials = func(context.Context) (string, string, error) { return user, password, nil }
		}
		at.User = nil
		clear = clear || at.Scheme == "http" && !loopback(at.Hostname())
		s.urls = append(s.urls, at.String())
	}
	if file := params.Get(paramTokenFile); file != "" {
		s.token = func(context.Context) (string, error) {
			content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
			return strings.TrimSpace(string(content)), err
		}
	}
	s.tls, err = tlsConfig(params)
	return clear, err
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func tlsConfig(params url.Values) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := params.Get(paramCA); file != "" {
		pem, err := os.ReadFile(file) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, fmt.Errorf("ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca: %s holds no PEM certificate", file)
		}
	}
	cert, key := params.Get(paramCert), params.Get(paramKey)
	if (cert == "") != (key == "") {
		return nil, errors.New("cert and key belong together")
	}
	if cert == "" {
		return config, nil
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		return nil, fmt.Errorf("cert: %w", err)
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(cert, key)
		return &pair, err //nolint:wrapcheck // crypto/tls says what it is
	}
	return config, nil
}
