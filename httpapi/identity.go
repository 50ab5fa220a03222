package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/millrace/millrace/request"
)

// Identity is who asks, as credentials say.
type Identity struct {
	Principal request.Principal
	// Tenant is the one that the credentials are for, empty where they are for none in particular.
	Tenant request.Tenant
	// Roles are names that mean something to the application. See [RequireRole].
	Roles []string
}

// Authenticator says who asks.
type Authenticator interface {
	// Authenticate returns [ErrAnonymous] where the request has no credentials, a [Problem] with status 401 where they are not good, and any other
	// error where nobody can say. It is called for many requests at once.
	Authenticate(r *http.Request) (Identity, error)
}

// ErrAnonymous is returned by an [Authenticator] for a request without credentials.
var ErrAnonymous = errors.New("httpapi: the request has no credentials")

type identityKey struct{}

// IdentityOf is who asks in this context, as [Identify] has found; the zero Identity for nobody.
func IdentityOf(ctx context.Context) Identity {
	identity, _ := ctx.Value(identityKey{}).(*Identity)
	if identity == nil {
		return Identity{}
	}
	return *identity
}

// Identify says in the context who asks and for which tenant: request.From has both, [IdentityOf] has the roles too. What cannot be established is
// answered: 401 without credentials, or with bad ones; 400 for a tenant that is none or is missing; 403 for one that is not the principal's.
//
// The tenant of the credentials decides. Where they have none, it is that of the first source of [Tenants] that names one, and [Members] says whether
// the principal belongs to it; without Members nobody does. All that name a tenant must name the same: another one is forged. A source may name
// the tenant of a request without principal, where [Anonymous] allows these: a handler that looks at the tenant alone serves strangers then.
func Identify(errs *Errors, auth Authenticator, opts ...IdentityOption) (func(http.Handler) http.Handler, error) {
	s := identitySettings{challenge: "Bearer"}
	for _, opt := range opts {
		opt.applyIdentity(&s)
	}
	if errs == nil || auth == nil || slices.ContainsFunc(s.sources, func(t TenantSource) bool { return t == nil }) {
		return nil, errors.New("httpapi: identify: errors, authenticator and sources of tenants must not be nil")
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			identity, err := s.identify(r, auth)
			if err != nil {
				errs.Write(w, r, err)
				return
			}
			info := request.From(r.Context())
			info.Tenant, info.Principal = identity.Tenant, identity.Principal
			ctx := context.WithValue(request.With(r.Context(), info), identityKey{}, identity)
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}, nil
}

func (s *identitySettings) identify(r *http.Request, auth Authenticator) (*Identity, error) {
	identity, err := auth.Authenticate(r)
	anonymous := errors.Is(err, ErrAnonymous)
	switch {
	case anonymous && !s.anonymous:
		return nil, s.unauthorized("credentials are needed")
	case err != nil && !anonymous:
		return nil, err
	case anonymous:
		identity = Identity{}
	case identity.Principal == "":
		return nil, s.unauthorized("the credentials name no principal")
	}
	if err := (request.Info{Tenant: identity.Tenant, Principal: identity.Principal}).Validate(); err != nil {
		return nil, s.unauthorized("the credentials name a tenant or a principal that is not valid")
	}
	if err := s.resolve(r, &identity); err != nil {
		return nil, err
	}
	return &identity, nil
}

func (s *identitySettings) unauthorized(detail string) *Problem {
	return &Problem{Status: http.StatusUnauthorized, Detail: detail, Header: http.Header{"Www-Authenticate": {s.challenge}}}
}

// RequireRole lets those pass who have one of the roles; others are answered with 401 without a principal, else with 403.
func RequireRole(roles ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			identity := IdentityOf(r.Context())
			switch {
			case identity.Principal == "":
				(&Problem{
					Status: http.StatusUnauthorized, Detail: "credentials are needed", Header: http.Header{"Www-Authenticate": {"Bearer"}},
				}).Write(w, r)
			case !slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(identity.Roles, role) }):
				(&Problem{Status: http.StatusForbidden, Detail: "a role is needed that the principal does not have"}).Write(w, r)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}
