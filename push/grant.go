package push

import (
	"context"
	"errors"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/millrace/millrace/request"
)

// Grant is what a connection may do. See [Auth].
//
// Channels are given as patterns: "orders" is the channel orders with all its keys, "orders/42" one key of it, "orders/eu-*" the keys
// that begin so, and "*" everything.
type Grant struct {
	// Tenant is whose messages it gets, beside those of no tenant.
	Tenant request.Tenant
	// Principal is who it is, for presence and for those who answer its calls.
	Principal request.Principal
	// Roles and Session are what those who answer its calls learn of it besides. They are not taken from the request's context, but where nothing
	// decides: see [Auth].
	Roles   request.Roles
	Session string
	// Subscribe are the channels that it may follow.
	Subscribe []string
	// Publish are those that it may publish to, from a WebSocket: none by default.
	Publish []string
	// Present are those of which it may ask who follows them: see [Presence].
	Present []string
	// Expires is when it ends. A WebSocket may be given a new grant before that; zero is never.
	Expires time.Time
	// ID names it, so that it can be revoked: a token's id, or a session's.
	ID string
}

// who puts into info whom the grant is for, in place of whoever is there.
func (g *Grant) who(info request.Info) request.Info {
	info.Tenant, info.Principal, info.Roles, info.Session = g.Tenant, g.Principal, g.Roles, g.Session
	return info
}

// allows says whether one of the patterns is for what a client follows.
func allows(patterns []string, f follow) bool {
	for _, pattern := range patterns {
		if pattern == "*" || pattern == f.name || pattern == f.String() {
			return true
		}
		prefix, open := strings.CutSuffix(pattern, "*")
		if open && f.subject != "" && strings.Contains(prefix, "/") && strings.HasPrefix(f.String(), prefix) {
			return true
		}
	}
	return false
}

// Auth decides what a request may do. Where it returns a [Problem], the client is told of it; any other error is logged, and the client is
// told status 403. Without it a request may follow every channel and publish to none, and its tenant, principal, roles and session are those of
// its context.
func Auth(decide func(*http.Request) (Grant, error)) Option {
	return option(func(s *settings) { s.auth = decide })
}

// Origins are other origins than the server's own whose pages may connect: "https://app.example.com", "https://*.example.com", or "*" for
// all, which is safe only where [Auth] looks at something that a browser does not send by itself, such as a ticket or a token.
func Origins(patterns ...string) Option {
	return option(func(s *settings) {
		for _, pattern := range patterns {
			if _, err := path.Match(strings.ToLower(pattern), ""); err != nil {
				s.errs = append(s.errs, errors.New("Origins: a pattern is not one"))
			}
			s.origins = append(s.origins, strings.ToLower(pattern))
		}
	})
}

// authenticate says what a request may do.
func (h *Hub) authenticate(r *http.Request) (Grant, *refusal) {
	if !h.welcome(r) {
		return Grant{}, &refusal{status: http.StatusForbidden, detail: "pages of other origins may not connect; see push.Origins"}
	}
	info := request.From(r.Context())
	if h.settings.open() {
		return Grant{
			Tenant: info.Tenant, Principal: info.Principal, Roles: info.Roles, Session: info.Session,
			Subscribe: []string{"*"}, Present: []string{"*"},
		}, nil
	}
	grant, err := h.decided(r)
	if err == nil {
		err = h.valid(grant)
	}
	if err == nil {
		err = grant.who(request.Info{}).Validate()
	}
	if err == nil {
		return grant, nil
	}
	problem := h.unwelcome(r.Context(), err)
	return Grant{}, &refusal{status: problem.Status, detail: problem.Detail}
}

// unwelcome is what who may not connect is told.
func (h *Hub) unwelcome(ctx context.Context, err error) *Problem {
	if problem, told := errors.AsType[*Problem](err); told {
		return problem
	}
	h.settings.logger.WarnContext(ctx, "a request may not connect", "error", err)
	return &Problem{Status: http.StatusForbidden, Detail: "the request may not connect"}
}

// open says whether nothing decides on who may connect.
func (s *settings) open() bool { return s.auth == nil && s.verifier == nil && s.tickets == nil }

// welcome says whether a request comes from where it may.
func (h *Hub) welcome(r *http.Request) bool {
	origin := strings.ToLower(r.Header.Get("Origin"))
	if origin == "" {
		site := r.Header.Get("Sec-Fetch-Site")
		return site != "cross-site" && site != "same-site"
	}
	if _, host, _ := strings.Cut(origin, "://"); strings.EqualFold(host, r.Host) {
		return true
	}
	for _, pattern := range h.settings.origins {
		if matched, _ := path.Match(pattern, origin); matched || pattern == "*" {
			return true
		}
	}
	return false
}

// allow gives a connection a grant, and ends it with that.
func (s *socket) allow(g Grant) {
	s.guard.Lock()
	defer s.guard.Unlock()
	s.grant.Store(&g)
	if s.expiry != nil {
		s.expiry.Stop()
		s.expiry = nil
	}
	if !g.Expires.IsZero() && s.live() { // else nobody stops it
		s.expiry = time.AfterFunc(time.Until(g.Expires), func() { s.serving(time.Now()) })
	}
}

func (g *Grant) expired(now time.Time) bool { return !g.Expires.IsZero() && !g.Expires.After(now) }
