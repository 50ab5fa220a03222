package bearer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// discoveryPath is where OpenID Connect Discovery 1.0 section 4 has the description of an issuer.
const discoveryPath = "/.well-known/openid-configuration"

// mostAnswer is how large an answer of a provider may be, in bytes, and mostKeys how many keys it may have.
const (
	mostAnswer = 512 << 10
	mostKeys   = 100
)

// endpoint is where a provider's keys are.
type endpoint struct {
	client  *http.Client
	issuer  string
	keys    string // empty where the issuer says it
	timeout time.Duration
}

// fetch asks the provider for its keys.
func (e *endpoint) fetch(ctx context.Context) ([]key, error) {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	at := e.keys
	if at == "" {
		described, err := get[struct {
			Issuer string `json:"issuer"`
			Keys   string `json:"jwks_uri"`
		}](ctx, e.client, strings.TrimSuffix(e.issuer, "/")+discoveryPath)
		if err != nil {
			return nil, err
		}
		if described.Issuer != e.issuer {
			return nil, fmt.Errorf("the provider calls itself %.200q, and not %q: give the issuer as it does, to the slash",
				described.Issuer, e.issuer)
		}
		err = trusted(described.Keys)
		if err == nil && secured(e.issuer) && !secured(described.Keys) {
			err = errors.New("it must be https, as the issuer is")
		}
		if err != nil {
			return nil, fmt.Errorf("the provider's jwks_uri: %w", err)
		}
		at = described.Keys
	}
	set, err := get[struct {
		Keys []json.RawMessage `json:"keys"`
	}](ctx, e.client, at)
	if err != nil {
		return nil, err
	}
	if len(set.Keys) > mostKeys {
		return nil, fmt.Errorf("%s has %d keys of %d at most", at, len(set.Keys), mostKeys)
	}
	keys := usable(set.Keys)
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s has no key that signs by a known algorithm", at)
	}
	return keys, nil
}

// get reads JSON.
func get[T any](ctx context.Context, client *http.Client, at string) (T, error) {
	var read T
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return read, err //nolint:wrapcheck // it has the address
	}
	r.Header.Set("Accept", "application/json, application/jwk-set+json")
	answer, err := client.Do(r)
	if err != nil {
		return read, err //nolint:wrapcheck // it has the address
	}
	defer answer.Body.Close() //nolint:errcheck // only read from
	if answer.StatusCode != http.StatusOK {
		return read, fmt.Errorf("%s answers %s", at, answer.Status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer+1))
	switch {
	case err != nil:
		return read, fmt.Errorf("%s: %w", at, err)
	case len(text) > mostAnswer:
		return read, fmt.Errorf("%s answers with more than %d bytes", at, mostAnswer)
	case json.Unmarshal(text, &read) != nil: // its error may have anything of the answer in it
		return read, fmt.Errorf("%s does not answer with the JSON that is wanted", at)
	}
	return read, nil
}

// trusted says why what stands at an address could be anybody's.
func trusted(address string) error {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" || at.User != nil || at.Fragment != "" {
		return errors.New("it must be an https address without a password")
	}
	if ip, err := netip.ParseAddr(at.Hostname()); at.Scheme == "https" ||
		at.Scheme == "http" && (at.Hostname() == "localhost" || err == nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("%s must be https, or anybody between could give out keys", at.Redacted())
}

func secured(address string) bool {
	at, err := url.Parse(address)
	return err == nil && at.Scheme == "https"
}

// straight is a client that goes nowhere else than it is sent.
func straight(client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}
