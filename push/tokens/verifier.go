package tokens

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

// Verifier is a [push.Verifier] of JSON Web Tokens.
type Verifier struct {
	keys   map[string]Key
	parser *jwt.Parser
}

var _ push.Verifier = (*Verifier)(nil)

// Option changes a [Verifier].
type Option interface{ apply(*settings) }

type option func(*settings)

func (f option) apply(s *settings) { f(s) }

type settings struct{ parser []jwt.ParserOption }

// Issuer is what "iss" must be. By default it may be anything.
func Issuer(name string) Option {
	return option(func(s *settings) { s.parser = append(s.parser, jwt.WithIssuer(name)) })
}

// Audience is what "aud" must have in it. By default it may be anything.
func Audience(name string) Option {
	return option(func(s *settings) { s.parser = append(s.parser, jwt.WithAudience(name)) })
}

// leeway is by how much the clocks of who signs and who verifies may differ.
const leeway = 10 * time.Second

// New makes a verifier of tokens that are signed with one of the keys, each with an id of its own. Tokens must say when they expire.
func New(keys []Key, opts ...Option) (*Verifier, error) {
	v := &Verifier{keys: make(map[string]Key, len(keys))}
	var s settings
	for _, opt := range opts {
		opt.apply(&s)
	}
	var errs []error
	algorithms := make([]string, 0, len(keys))
	for _, k := range keys {
		if _, twice := v.keys[k.id]; twice {
			errs = append(errs, fmt.Errorf("there are two keys %q", k.id))
		}
		errs = append(errs, k.err)
		v.keys[k.id] = k
		algorithms = append(algorithms, k.algorithm)
	}
	if len(keys) == 0 {
		errs = append(errs, errors.New("there are no keys"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	v.parser = jwt.NewParser(append(s.parser, jwt.WithValidMethods(algorithms), jwt.WithExpirationRequired(), jwt.WithLeeway(leeway))...)
	return v, nil
}

// claims are a token's.
type claims struct {
	jwt.RegisteredClaims

	Tenant  request.Tenant `json:"tenant"`
	Roles   []string       `json:"roles"`
	Session string         `json:"sid"`
	Push    struct {
		Subscribe []string `json:"subscribe"`
		Publish   []string `json:"publish"`
		Present   []string `json:"present"`
	} `json:"push"`
}

// errToken is why a token is not taken.
var errToken = errors.New("tokens: the token is not valid")

// Verify says what a token grants. Its errors are [push.Problem]s.
func (v *Verifier) Verify(_ context.Context, token string) (push.Grant, error) {
	var c claims
	if err := v.Parse(token, &c); err != nil {
		return push.Grant{}, err
	}
	roles, err := request.NewRoles(c.Roles...)
	if err != nil {
		return push.Grant{}, &push.Problem{Status: http.StatusUnauthorized, Detail: "the token has roles that are not valid"}
	}
	return push.Grant{
		Tenant: c.Tenant, Principal: request.Principal(c.Subject), Roles: roles, Session: c.Session,
		Subscribe: c.Push.Subscribe, Publish: c.Push.Publish, Present: c.Push.Present,
		Expires: c.ExpiresAt.Time, ID: c.ID,
	}, nil
}

// Parse verifies a token and reads its claims, for who needs others than [Verifier.Verify] does. Its errors are [push.Problem]s.
func (v *Verifier) Parse(token string, into jwt.Claims) error {
	if _, err := v.parser.ParseWithClaims(token, into, v.key); err != nil {
		detail := "the token is not valid"
		if errors.Is(err, jwt.ErrTokenExpired) {
			detail = "the token has expired"
		}
		return &push.Problem{Status: http.StatusUnauthorized, Detail: detail}
	}
	return nil
}

// key is the one that a token says it is signed with.
func (v *Verifier) key(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	k, known := v.keys[id]
	if !known || t.Method.Alg() != k.algorithm { // else a public key might be taken for a secret
		return nil, errToken
	}
	return k.key, nil
}
