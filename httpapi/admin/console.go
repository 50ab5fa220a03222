package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/httpapi"
)

// Console serves the admin API and its page. See [New].
type Console struct {
	settings

	errs     *httpapi.Errors
	auth     httpapi.Authenticator
	audit    Audit
	sections []*source
	floor    *floor
	refusals refusals
	running  running
	pace     pace
	page     *page
	routes   http.Handler
}

// New makes a console of sections. auth says who looks, and audit keeps what is done; errs answers what fails.
//
// It is served below a path that ends with a slash, by http.StripPrefix or a router's Mount; its own addresses are relative.
func New(errs *httpapi.Errors, auth httpapi.Authenticator, audit Audit, opts ...Option) (*Console, error) {
	c := &Console{errs: errs, auth: cookies{auth}, audit: audit, settings: settings{
		log: slog.New(slog.DiscardHandler), title: "Millrace", readers: []string{RoleViewer, RoleOperator}, seers: []string{RoleAllTenants},
		streams: usualStreams, attempts: usualPace,
	}}
	for _, opt := range opts {
		opt.applyConsole(&c.settings)
	}
	if errs == nil || auth == nil || audit == nil || c.log == nil || c.title == "" || c.streams < 1 || c.attempts < 1 {
		return nil, errors.New("admin: new: errors, authenticator, audit, logger and title are needed, and room for a stream and an attempt")
	}
	for _, s := range c.of {
		if s.of == nil {
			return nil, errors.New("admin: new: a section is not made by NewSection")
		}
		name := s.of.about().Name
		if slices.ContainsFunc(c.sections, func(other *source) bool { return other.about().Name == name }) {
			return nil, fmt.Errorf("admin: new: there are two sections %q", name)
		}
		c.sections = append(c.sections, newSource(s.of, c.errorf))
	}
	if len(c.sections) == 0 {
		return nil, errors.New("admin: new: give it Sections")
	}
	c.pace.most = c.attempts
	c.floor = newFloor(c.sections, c.streams)
	var err error
	if c.page, err = loadPage(c.title); err != nil {
		return nil, fmt.Errorf("admin: new: %w", err)
	}
	return c, c.route()
}

// ServeHTTP answers a request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.routes.ServeHTTP(w, r) }

// Drain ends all streams, and those that begin later at once, and readings, so that a server can end: give it to [httpapi.Ending]. It tells the audit
// of the refused attempts that were only counted, and waits for that 10 seconds at most.
func (c *Console) Drain() {
	c.floor.close()
	for _, s := range c.sections {
		s.close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), auditLimit)
	defer cancel()
	c.untold(ctx, c.refusals.untold(time.Now()))
}

// untold tells the audit of attempts that were only counted.
func (c *Console) untold(ctx context.Context, omitted []Entry) {
	for _, entry := range omitted {
		if err := c.audit.Record(ctx, entry); err != nil {
			c.errorf(ctx, "httpapi: the audit was not told of refused actions", "principal", entry.Principal, "omitted", entry.Omitted, "error", err)
		}
	}
}

func (c *Console) route() error {
	identify, err := httpapi.Identify(c.errs, c.auth, httpapi.Challenge(`Bearer realm="console"`))
	if err != nil {
		return err
	}
	r := chi.NewRouter()
	c.errs.Unrouted(r)
	r.Use(c.errs.Recover, httpapi.RequestID, guarded, httpapi.CrossOrigin(httpapi.Origins{}))
	r.Route("/api", func(r chi.Router) {
		r.Use(private)
		r.Method(http.MethodPost, "/session", c.errs.Handle(c.login))
		r.Method(http.MethodDelete, "/session", c.errs.Handle(c.logout))
		r.Group(func(r chi.Router) {
			r.Use(identify)
			r.Method(http.MethodGet, "/sections", c.errs.Handle(c.overview))
			r.Method(http.MethodGet, "/live", c.errs.Handle(c.live))
			r.Method(http.MethodGet, "/{section}", c.errs.Handle(c.list))
			r.Method(http.MethodGet, "/{section}/{id}", c.errs.Handle(c.show))
			r.Method(http.MethodPost, "/{section}/{id}/{action}", c.errs.Handle(c.done))
		})
	})
	r.Method(http.MethodGet, "/*", c.errs.Handle(c.page.serve))
	r.Method(http.MethodHead, "/*", c.errs.Handle(c.page.serve))
	c.routes = r
	return nil
}

// pagePolicy lets the page load what this server serves, and nothing else.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// guarded says what browsers may do with answers.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", pagePolicy)
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// private keeps answers out of caches.
func private(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// parameter is a part of the path.
func parameter(r *http.Request, name string) string {
	value := chi.URLParam(r, name)
	if r.URL.RawPath == "" {
		return value
	}
	plain, err := url.PathUnescape(value)
	if err != nil {
		return value
	}
	return plain
}

// section is the one that the path names.
func (c *Console) section(r *http.Request) (*source, error) { return c.named(parameter(r, "section")) }

func (c *Console) named(name string) (*source, error) {
	for _, s := range c.sections {
		if s.about().Name == name {
			return s, nil
		}
	}
	return nil, notFound("there is no such section")
}

func notFound(detail string) error {
	return &httpapi.Problem{Status: http.StatusNotFound, Detail: detail}
}

func answer[T any](w http.ResponseWriter, what T) error {
	text, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("admin: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(text, '\n')) // the client has gone
	return nil
}

// told is what a viewer is told of an error. What goes wrong with all tenants' things is nothing for one of them.
func told(ctx context.Context, err error) string {
	if httpapi.IdentityOf(ctx).Tenant != "" {
		return "it failed; the log has the request id"
	}
	return cmp.Or(err.Error(), "it failed")
}

func (c *Console) errorf(ctx context.Context, what string, args ...any) {
	c.log.ErrorContext(ctx, what, args...) //nolint:sloglint // the callers' messages are constant
}
