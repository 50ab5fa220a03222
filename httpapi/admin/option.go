package admin

import "log/slog"

// Option changes a [Console].
type Option interface{ applyConsole(*settings) }

type option func(*settings)

func (f option) applyConsole(s *settings) { f(s) }

type settings struct {
	of       []Section
	readers  []string
	anyone   bool
	actors   []string
	seers    []string
	streams  int
	attempts int
	title    string
	log      *slog.Logger
}

// Roles that the console knows. An application may have others: see [Readers] and [Actors].
const (
	RoleViewer   = "viewer"
	RoleOperator = "operator"
	// RoleAllTenants lets who has it, and credentials of no tenant, see the rows of all tenants. It is needed beside a role to look.
	RoleAllTenants = "all-tenants"
)

// usualStreams is how many viewers look at the same time.
const usualStreams = 100

// Sections are the console's pages, in this order.
func Sections(sections ...Section) Option {
	return option(func(s *settings) { s.of = append(s.of, sections...) })
}

// Readers are the roles of which one is needed to look. By default they are [RoleViewer] and [RoleOperator]; without any, who is identified
// may look.
func Readers(roles ...string) Option {
	return option(func(s *settings) { s.readers, s.anyone = roles, len(roles) == 0 })
}

// Actors are the roles that may do something: who has one may do the actions that ask for it. By default there are none, and the console
// only shows.
func Actors(roles ...string) Option {
	return option(func(s *settings) { s.actors = roles })
}

// AllTenants are the roles of which one is needed to see what is not one tenant's alone. By default it is [RoleAllTenants]; an application without
// tenants names its readers. Credentials of a tenant see that tenant's rows whatever their roles are.
func AllTenants(roles ...string) Option {
	return option(func(s *settings) { s.seers = roles })
}

// Streams is how many viewers are kept up to date at the same time; further ones are told to come later. The default is 100.
func Streams(n int) Option { return option(func(s *settings) { s.streams = n }) }

// Attempts is how many actions that its roles allow a principal may ask for within a minute, as each costs a reading of its section; further ones
// are 429 with Retry-After. The default is 120.
func Attempts(n int) Option { return option(func(s *settings) { s.attempts = n }) }

// Title is the heading of the page, such as the application's name and where it runs. The default is "Millrace".
func Title(text string) Option { return option(func(s *settings) { s.title = text }) }

// Logger receives what goes wrong beside requests. By default it is discarded.
func Logger(l *slog.Logger) Option { return option(func(s *settings) { s.log = l }) }
