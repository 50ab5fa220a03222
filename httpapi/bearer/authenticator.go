package bearer

import (
	"errors"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/push/tokens"
	"github.com/millrace/millrace/request"
)

// Claims are what a token says, and who that is. [Standard] is one; an issuer whose claims have other names needs a type of the application's.
type Claims interface {
	jwt.Claims
	// Identity is who the token is for.
	Identity() httpapi.Identity
}

// Standard are claims that say it by "sub", "tenant", "roles" and "sid".
type Standard struct {
	jwt.RegisteredClaims

	Tenant  request.Tenant `json:"tenant"`
	Roles   []string       `json:"roles"`
	Session string         `json:"sid"`
}

// Identity is who the token is for.
func (s Standard) Identity() httpapi.Identity {
	return httpapi.Identity{Principal: request.Principal(s.Subject), Tenant: s.Tenant, Roles: s.Roles, Session: s.Session}
}

// Authenticator is an [httpapi.Authenticator] of tokens with claims of type C.
type Authenticator[C Claims] struct{ verifier *tokens.Verifier }

var _ httpapi.Authenticator = (*Authenticator[Standard])(nil)

// New takes tokens that the verifier takes: bearer.New[bearer.Standard](verifier).
func New[C Claims](verifier *tokens.Verifier) (*Authenticator[C], error) {
	if verifier == nil {
		return nil, errors.New("bearer: new: the verifier must not be nil")
	}
	return &Authenticator[C]{verifier: verifier}, nil
}

// Authenticate says who asks.
func (a *Authenticator[C]) Authenticate(r *http.Request) (httpapi.Identity, error) {
	token, err := presented(r)
	if err != nil {
		return httpapi.Identity{}, err
	}
	claims := new(C)
	pointer, is := any(claims).(jwt.Claims)
	if !is {
		return httpapi.Identity{}, errors.New("bearer: the claims are no claims")
	}
	if err := a.verifier.Parse(token, pointer); err != nil {
		if problem, is := errors.AsType[*push.Problem](err); is {
			return httpapi.Identity{}, refused(problem.Detail, "invalid_token")
		}
		return httpapi.Identity{}, err
	}
	return (*claims).Identity(), nil
}

// presented is the token of a request.
func presented(r *http.Request) (string, error) {
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return "", httpapi.ErrAnonymous
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	if len(given) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return "", refused("give one token, as Authorization: Bearer …", "invalid_request")
	}
	return strings.TrimSpace(token), nil
}

func refused(detail, code string) *httpapi.Problem {
	return &httpapi.Problem{
		Status: http.StatusUnauthorized, Detail: detail, Header: http.Header{"Www-Authenticate": {`Bearer error="` + code + `"`}},
	}
}
