package bus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// The parameters of an address. Files are read when the bus is opened, except token_file and the client certificate,
// which are read again for each connection, so that they may be rotated.
const (
	paramTLS       = "tls"  // true: as the scheme kafkas
	paramCA        = "ca"   // file of the certificate authorities, PEM; the default is the system's
	paramCert      = "cert" // file of the client's certificate, PEM
	paramKey       = "key"  // file of its key, PEM
	paramSASL      = "sasl" // scram-sha-512 (the default with a user), scram-sha-256, plain, oauthbearer
	paramTokenFile = "token_file"
)

// OAuth authenticates with OAUTHBEARER (RFC 7628). token is asked for each connection.
func OAuth(token func(ctx context.Context) (string, error)) Option {
	return option(func(c *config) { c.token = token })
}

// Credentials authenticates with SCRAM-SHA-512 unless the address says otherwise. They are asked for each connection,
// so that they may be rotated, and go before those in the address.
func Credentials(ask func(ctx context.Context) (user, password string, err error)) Option {
	return option(func(c *config) { c.credentials = ask })
}

// secure turns the address and the options into the client's TLS and SASL settings.
func (c *config) secure() error {
	query := c.address.query
	known := []string{paramTLS, paramCA, paramCert, paramKey, paramSASL, paramTokenFile}
	for name := range query {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%w: unknown parameter %q; known are %s", ErrAddress, name, strings.Join(known, ", "))
		}
	}
	encrypted := c.address.tls || query.Get(paramTLS) == "true"
	if encrypted {
		config, err := tlsConfig(query)
		if err != nil {
			return err
		}
		c.security = append(c.security, kgo.DialTLSConfig(config))
		if c.dial != nil {
			return fmt.Errorf("%w: Dialer and TLS exclude each other; let the dialer encrypt", ErrAddress)
		}
	} else if query.Has(paramCA) || query.Has(paramCert) || query.Has(paramKey) {
		return fmt.Errorf("%w: ca, cert and key need the scheme kafkas", ErrAddress)
	}
	mechanism, err := c.mechanism(query, encrypted)
	if mechanism != nil {
		c.reach.login = true
		c.security = append(c.security, kgo.SASL(mechanism))
	}
	return err
}

func tlsConfig(query url.Values) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := query.Get(paramCA); file != "" {
		pem, err := os.ReadFile(file) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, fmt.Errorf("%w: ca: %w", ErrAddress, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%w: ca: %s holds no PEM certificate", ErrAddress, file)
		}
	}
	cert, key := query.Get(paramCert), query.Get(paramKey)
	if (cert == "") != (key == "") {
		return nil, fmt.Errorf("%w: cert and key belong together", ErrAddress)
	}
	if cert == "" {
		return config, nil
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		return nil, fmt.Errorf("%w: cert: %w", ErrAddress, err)
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(cert, key)
		return &pair, err //nolint:wrapcheck // crypto/tls says what it is
	}
	return config, nil
}

// mechanism is how the client says who it is, nil where it does not.
func (c *config) mechanism(query url.Values, encrypted bool) (sasl.Mechanism, error) {
	ask := c.credentials
	if ask == nil && c.address.user != "" {
		ask = func(context.Context) (string, string, error) { //nolint:unparam // the form of Credentials
			return c.address.user, c.address.password, nil
		}
	}
	name := query.Get(paramSASL)
	if name == "" && ask != nil {
		name = "scram-sha-512"
	}
	if c.token != nil || query.Has(paramTokenFile) {
		return c.bearer(query, name, encrypted)
	}
	if name != "" && ask == nil {
		return nil, fmt.Errorf("%w: sasl=%s needs user:password@ in the address, or bus.Credentials", ErrAddress, name)
	}
	login := func(ctx context.Context) (scram.Auth, error) {
		user, password, err := ask(ctx)
		return scram.Auth{User: user, Pass: password}, err
	}
	switch name {
	case "":
		return nil, nil //nolint:nilnil // no authentication is a valid choice
	case "scram-sha-512":
		return scram.Sha512(login), nil
	case "scram-sha-256":
		return scram.Sha256(login), nil
	case "plain":
		if !encrypted {
			return nil, fmt.Errorf("%w: sasl=plain would send the password in the clear; use the scheme kafkas, or scram-sha-512", ErrAddress)
		}
		return plain.Plain(func(ctx context.Context) (plain.Auth, error) {
			user, password, err := ask(ctx)
			return plain.Auth{User: user, Pass: password}, err
		}), nil
	}
	return nil, fmt.Errorf("%w: sasl=%s must be scram-sha-512, scram-sha-256, plain or oauthbearer", ErrAddress, name)
}

func (c *config) bearer(query url.Values, name string, encrypted bool) (sasl.Mechanism, error) {
	if name != "" && name != "oauthbearer" {
		return nil, fmt.Errorf("%w: a token is for sasl=oauthbearer, not %s", ErrAddress, name)
	}
	if !encrypted {
		return nil, fmt.Errorf("%w: oauthbearer would send the token in the clear; use the scheme kafkas", ErrAddress)
	}
	token := c.token
	if token == nil {
		token = func(context.Context) (string, error) {
			content, err := os.ReadFile(query.Get(paramTokenFile))
			return strings.TrimSpace(string(content)), err
		}
	}
	return bearer{oauth.Oauth(func(ctx context.Context) (oauth.Auth, error) {
		text, err := token(ctx)
		if err == nil && text == "" {
			err = errors.New("bus: the OAUTHBEARER token is empty")
		}
		return oauth.Auth{Token: text}, err
	})}, nil
}
