package httpapi

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/millrace/millrace/request"
)

// Identity is who asks, as credentials say.
type Identity struct {
	Principal request.Principal
	// Tenant is the one that the credentials are for, empty where they are for none in particular.
	Tenant request.Tenant
	// Roles are names that mean something to the application, in the limits of request.Roles. See [RequireRole].
	Roles []string
	// Session is what the credentials belong to, as request.Info says; no secret.
	Session string
}

// Authenticator says who asks.
type Authenticator interface {
	// Authenticate returns [ErrAnonymous] where the request has no credentials, a [Problem] with status 401 where they are not good, and any other
	// error where nobody can say. It is called for many requests at once.
	Authenticate(r *http.Request) (Identity, error)
}

// ErrAnonymous is returned by an [Authenticator] for a request without credentials.
var ErrAnonymous = errors.New("httpapi: the request has no credentials")

// IdentityOf is who asks in this context, as request.From says too: in a request what [Identify] has found, also on the pod that it was sent on to,
// and in a handler of what the request has published. It is the zero Identity for nobody.
func IdentityOf(ctx context.Context) Identity {
	info := request.From(ctx)
	return Identity{Principal: info.Principal, Tenant: info.Tenant, Roles: slices.Collect(info.Roles.All()), Session: info.Session}
}

// Identify says in the context who asks and for which tenant, with which roles and in which session: see request.From. What cannot be established is
// answered: 401 without credentials, or with bad ones; 400 for a tenant that is none or is missing; 403 for one that is not the principal's,
// and where the credentials are good and name what cannot be taken over, such as roles of more than 1024 bytes in all: that is
// logged too, since whoever asks can mend nothing by asking for other credentials of the same kind.
// Whatever was in the context before counts for nothing, and neither do headers such as Millrace-Tenant: they are claims of whoever sends them.
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
			info := request.From(r.Context())
			if err := s.identify(r, auth, errs, &info); err != nil {
				errs.Write(w, r, err)
				return
			}
			watched := watch(w)
			next.ServeHTTP(watched, watched.carry(request.With(r.Context(), info), r))
		})
	}, nil
}

func (s *identitySettings) identify(r *http.Request, auth Authenticator, errs *Errors, into *request.Info) error {
	identity, err := auth.Authenticate(r)
	anonymous := errors.Is(err, ErrAnonymous)
	switch {
	case anonymous && !s.anonymous:
		return s.unauthorized("credentials are needed")
	case err != nil && !anonymous:
		return err
	case anonymous:
		identity = Identity{}
	case identity.Principal == "":
		return s.unauthorized("the credentials name no principal")
	}
	roles, err := request.NewRoles(identity.Roles...)
	who := request.Info{Tenant: identity.Tenant, Principal: identity.Principal, Roles: roles, Session: identity.Session}
	if err = cmp.Or(err, who.Validate()); err != nil {
		errs.log.WarnContext(r.Context(), "httpapi: credentials are good, and name what is not valid: let who issues them name it otherwise",
			errs.about(r, "roles", len(identity.Roles), "error", err)...)
		return &Problem{
			Status: http.StatusForbidden, Title: "The credentials cannot be used here",
			Detail: "what they name is not valid: " + strings.TrimPrefix(err.Error(), request.ErrInvalid.Error()+": "),
		}
	}
	tenant, err := s.resolve(r, identity)
	into.Tenant, into.Principal, into.Roles, into.Session = tenant, who.Principal, who.Roles, who.Session
	return err
}

func (s *identitySettings) unauthorized(detail string) *Problem {
	return &Problem{Status: http.StatusUnauthorized, Detail: detail, Header: http.Header{"Www-Authenticate": {s.challenge}}}
}

// RequireRole lets those pass who have one of the roles, also where the request was sent on by another pod; others are answered with 401 without a
// principal, else with 403.
func RequireRole(roles ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			info := request.From(r.Context())
			switch {
			case info.Principal == "":
				(&Problem{
					Status: http.StatusUnauthorized, Detail: "credentials are needed", Header: http.Header{"Www-Authenticate": {"Bearer"}},
				}).Write(w, r)
			case !slices.ContainsFunc(roles, info.Roles.Has):
				(&Problem{Status: http.StatusForbidden, Detail: "a role is needed that the principal does not have"}).Write(w, r)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}
