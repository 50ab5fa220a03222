package bearer

import (
	"log/slog"
	"net/http"
	"time"
)

// Option changes a [Provider].
type Option interface{ applyProvider(*settings) }

type option func(*settings)

func (f option) applyProvider(s *settings) { f(s) }

type settings struct {
	naming

	client                        *http.Client
	keys                          string
	pause, refresh, keep, timeout time.Duration
	log                           *slog.Logger
}

const (
	usualPause   = 10 * time.Second
	usualRefresh = 15 * time.Minute
	usualKeep    = 6 * time.Hour
	usualTimeout = 5 * time.Second
)

// PrincipalClaim names the claim that says who somebody is: text. The default is "sub", which a provider gives to nobody else later.
func PrincipalClaim(path string) Option { return option(func(s *settings) { s.principal = path }) }

// TenantClaim names the claim that says whose tenant somebody is of: text. By default, and where a token has none, it is of none.
func TenantClaim(path string) Option { return option(func(s *settings) { s.tenant = path }) }

// RolesClaim names the claim with the roles: a list of names, or text, of which each word is one; a role whose name has spaces must be in a list. The
// default is "roles"; one within others has dots between the names, such as "realm_access.roles".
func RolesClaim(path string) Option { return option(func(s *settings) { s.roles = path }) }

// Role takes one of the provider's roles for one of the application's. Once there is such an option, roles that none names are left out.
// By default the provider's roles are the application's.
func Role(theirs, ours string) Option {
	return option(func(s *settings) {
		if s.ours == nil {
			s.ours = map[string]string{}
		}
		s.ours[theirs] = ours
	})
}

// KeySet is the address of the provider's keys, for one without OpenID Connect Discovery. By default the issuer says where they are.
func KeySet(url string) Option { return option(func(s *settings) { s.keys = url }) }

// Client asks the provider, such as one with certificates of its own. Redirects are not followed. The default is one of its own with the
// system's.
func Client(c *http.Client) Option { return option(func(s *settings) { s.client = c }) }

// Timeout is how long the provider has to give its keys. The default is 5 seconds.
func Timeout(d time.Duration) Option { return option(func(s *settings) { s.timeout = d }) }

// Pause is how long the provider is not asked for an unknown key again after it was, whatever keys tokens name, and not at all after it has
// failed. So a token of a new key may be refused for as long, where somebody has sent one of an unknown key before; else it is taken at once.
// The default is 10 seconds.
func Pause(d time.Duration) Option { return option(func(s *settings) { s.pause = d }) }

// Refresh is after how long keys are asked for again when they are used, by which nobody waits; who comes after twice that waits for the
// answer. So one that the provider has withdrawn is taken no longer than twice that, unless the provider is away. The default is 15
// minutes.
func Refresh(every time.Duration) Option { return option(func(s *settings) { s.refresh = every }) }

// Keep is how long keys are taken while the provider does not answer. The default is 6 hours.
func Keep(d time.Duration) Option { return option(func(s *settings) { s.keep = d }) }

// Logger is told when the provider does not give its keys. By default it is discarded.
func Logger(l *slog.Logger) Option { return option(func(s *settings) { s.log = l }) }
