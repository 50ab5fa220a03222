package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

// reads says why the principal may not look at anything.
func (c *Console) reads(ctx context.Context) error {
	who := httpapi.IdentityOf(ctx)
	has := func(role string) bool { return slices.Contains(who.Roles, role) }
	if !c.anyone && !slices.ContainsFunc(c.readers, has) {
		return &httpapi.Problem{Status: http.StatusForbidden, Detail: "a role is needed that the principal does not have"}
	}
	if who.Tenant == "" && !slices.ContainsFunc(c.seers, has) {
		return &httpapi.Problem{
			Status: http.StatusForbidden,
			Detail: "the credentials are of no tenant, and lack the role to see all tenants' rows: " + strings.Join(c.seers, " or "),
		}
	}
	return nil
}

// readable says why the principal may not look at a section.
func (c *Console) readable(ctx context.Context, s *source) error {
	if err := c.reads(ctx); err != nil {
		return err
	}
	if httpapi.IdentityOf(ctx).Tenant != "" && !s.about().tenants {
		return &httpapi.Problem{Status: http.StatusForbidden, Detail: "the section is not for a tenant"}
	}
	return nil
}

// may says whether the principal's roles let it do something.
func (c *Console) may(ctx context.Context, o offer) bool {
	return slices.Contains(c.actors, o.Role) && slices.Contains(httpapi.IdentityOf(ctx).Roles, o.Role)
}

// viewer is who looks, as the page shows it.
type viewer struct {
	Principal request.Principal `json:"principal"`
	Tenant    request.Tenant    `json:"tenant,omitempty"`
	Roles     []string          `json:"roles"`
}

// overview says who looks, and at what.
func (c *Console) overview(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := c.reads(ctx); err != nil {
		return err
	}
	who := httpapi.IdentityOf(ctx)
	said := struct {
		Title    string  `json:"title"`
		Viewer   viewer  `json:"viewer"`
		Session  bool    `json:"session"` // that can be ended
		Sections []about `json:"sections"`
	}{Title: c.title, Viewer: viewer{who.Principal, who.Tenant, append([]string{}, who.Roles...)}, Sections: []about{}}
	_, err := r.Cookie(cookieName)
	said.Session = err == nil
	for _, s := range c.sections {
		if c.readable(ctx, s) == nil {
			said.Sections = append(said.Sections, c.offered(ctx, s.about()))
		}
	}
	return answer(w, said)
}

// offered is a section as the principal may use it.
func (c *Console) offered(ctx context.Context, of *about) about {
	own := *of
	own.Actions = slices.Clone(of.Actions)
	for i := range own.Actions {
		own.Actions[i].Allowed = c.may(ctx, own.Actions[i])
	}
	return own
}
