package bearer

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/httpapi"
)

// Provider is an [httpapi.Authenticator] of tokens that an identity provider signs, such as Keycloak, Entra ID or Okta. It fetches the
// provider's keys (RFC 7517) when they are needed. It answers 401 to a token that is not good, and 503 with Retry-After where the keys
// cannot be had.
type Provider struct {
	keys   *keys
	naming naming
	parser *jwt.Parser
}

var _ httpapi.Authenticator = (*Provider)(nil)

// leeway is by how much the clocks of who signs and who verifies may differ.
const leeway = 10 * time.Second

// mostToken is how long a token may be, in bytes.
const mostToken = 16 << 10

// NewProvider takes tokens of an issuer, an https address as "iss" has it, for an audience, which "aud" must name. The provider is asked
// when the first token comes.
func NewProvider(issuer, audience string, opts ...Option) (*Provider, error) {
	s := settings{
		naming: naming{principal: "sub", roles: "roles", session: "sid"}, log: slog.New(slog.DiscardHandler),
		pause: usualPause, refresh: usualRefresh, keep: usualKeep, timeout: usualTimeout,
	}
	var errs []error
	for _, opt := range opts {
		if opt == nil {
			errs = append(errs, errors.New("an option is nil"))
			continue
		}
		opt.applyProvider(&s)
	}
	if s.client == nil {
		s.client = &http.Client{}
	}
	if at, err := url.Parse(issuer); err == nil && (at.RawQuery != "" || at.ForceQuery) {
		errs = append(errs, errors.New("the issuer must have no query"))
	}
	if err := trusted(issuer); err != nil {
		errs = append(errs, fmt.Errorf("the issuer: %w", err))
	}
	if s.keys != "" {
		if err := trusted(s.keys); err != nil {
			errs = append(errs, fmt.Errorf("the key set: %w", err))
		}
	}
	if audience == "" || s.principal == "" || s.roles == "" || s.log == nil {
		errs = append(errs, errors.New("an audience, claims for principal and roles, and a logger are needed"))
	}
	if s.pause < time.Second || s.timeout < time.Millisecond || s.refresh < s.pause || s.keep < s.refresh {
		errs = append(errs, errors.New("pause must be a second or more, refresh no less than pause, keep no less than refresh, the timeout positive"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("bearer: provider: %w", err)
	}
	return &Provider{
		keys: &keys{
			endpoint: endpoint{client: straight(s.client), issuer: issuer, keys: s.keys, timeout: s.timeout},
			log:      s.log, pause: s.pause, refresh: s.refresh, keep: s.keep,
		},
		naming: s.naming,
		parser: jwt.NewParser(jwt.WithValidMethods(asymmetric), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
			jwt.WithExpirationRequired(), jwt.WithLeeway(leeway)),
	}, nil
}

// Authenticate says who asks.
func (p *Provider) Authenticate(r *http.Request) (httpapi.Identity, error) {
	token, err := presented(r)
	if err != nil {
		return httpapi.Identity{}, err
	}
	if len(token) > mostToken {
		return httpapi.Identity{}, refused("the token is too long", "invalid_token")
	}
	claims := jwt.MapClaims{}
	_, err = p.parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		if _, has := t.Header["crit"]; has {
			return nil, errCritical
		}
		id, _ := t.Header["kid"].(string)
		return p.keys.find(r.Context(), id, t.Method.Alg())
	})
	if err != nil {
		return httpapi.Identity{}, why(r, err)
	}
	who, err := p.naming.identity(claims)
	if err != nil {
		return httpapi.Identity{}, refused(err.Error(), "invalid_token")
	}
	return who, nil
}

// errCritical is why a token is not taken that asks for what RFC 7515 section 4.1.11 lets nobody ignore.
var errCritical = errors.New("bearer: the token has extensions that must be understood")

// why is what the client is told. Claims are looked at where the signature is good, so who hears of them has the provider's token.
func why(r *http.Request, err error) error {
	if problem, is := errors.AsType[*httpapi.Problem](err); is {
		return problem
	}
	if r.Context().Err() != nil {
		return r.Context().Err()
	}
	for _, known := range []struct {
		is     error
		detail string
	}{
		{jwt.ErrTokenExpired, "the token has expired"},
		{jwt.ErrTokenNotValidYet, "the token is not valid yet"},
		{jwt.ErrTokenInvalidAudience, "the token is for another audience"},
		{jwt.ErrTokenInvalidIssuer, "the token is of another issuer"},
		{jwt.ErrTokenRequiredClaimMissing, "the token lacks exp, iss or aud"},
	} {
		if errors.Is(err, known.is) {
			return refused(known.detail, "invalid_token")
		}
	}
	return refused("the token is not valid", "invalid_token")
}
