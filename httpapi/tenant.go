package httpapi

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/millrace/millrace/request"
)

// IdentityOption changes [Identify].
type IdentityOption interface{ applyIdentity(*identitySettings) }

type identityOption func(*identitySettings)

func (f identityOption) applyIdentity(s *identitySettings) { f(s) }

type identitySettings struct {
	anonymous bool
	required  bool
	sources   []TenantSource
	members   func(context.Context, Identity, request.Tenant) (bool, error)
	challenge string
}

// Anonymous lets requests without credentials pass, without a principal. Bad credentials are refused all the same.
func Anonymous() IdentityOption {
	return identityOption(func(s *identitySettings) { s.anonymous = true })
}

// Tenants are where a tenant may be named beside credentials; the first that names one decides. By default there are none.
func Tenants(sources ...TenantSource) IdentityOption {
	return identityOption(func(s *identitySettings) { s.sources = append(s.sources, sources...) })
}

// TenantRequired refuses requests without a tenant, with 400.
func TenantRequired() IdentityOption {
	return identityOption(func(s *identitySettings) { s.required = true })
}

// Members says whether a principal whose credentials name no tenant may act for one. On an error nobody can say, and the request fails.
func Members(belongs func(context.Context, Identity, request.Tenant) (bool, error)) IdentityOption {
	return identityOption(func(s *identitySettings) { s.members = belongs })
}

// Challenge is the WWW-Authenticate of requests that have no credentials. The default is "Bearer".
func Challenge(scheme string) IdentityOption {
	return identityOption(func(s *identitySettings) { s.challenge = scheme })
}

// TenantSource is where a request may name its tenant; empty where it does not.
type TenantSource func(*http.Request) request.Tenant

// TenantHeader is a header that names the tenant.
func TenantHeader(name string) TenantSource {
	return func(r *http.Request) request.Tenant {
		return request.Tenant(strings.Join(r.Header.Values(name), ",")) // several are no valid tenant
	}
}

// TenantHost is the one label before a domain: of "acme.example.com" with the domain "example.com" it is acme. Names are in lower case.
func TenantHost(domain string) TenantSource {
	suffix := "." + strings.ToLower(strings.TrimPrefix(domain, "."))
	return func(r *http.Request) request.Tenant {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		label, of := strings.CutSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), suffix)
		if !of {
			return ""
		}
		return request.Tenant(label) // with a dot in it, it is no valid one
	}
}

// resolve finds the tenant that the request is for.
func (s *identitySettings) resolve(r *http.Request, identity Identity) (request.Tenant, error) {
	tenant := identity.Tenant
	for _, source := range s.sources {
		named := source(r)
		if err := (request.Info{Tenant: named}).Validate(); err != nil {
			return "", &Problem{Status: http.StatusBadRequest, Detail: "what the request names as its tenant is none"}
		}
		switch {
		case named == "" || named == tenant:
		case tenant == "":
			tenant = named
		case identity.Tenant == "":
			return "", &Problem{Status: http.StatusBadRequest, Detail: "the request names two tenants"}
		default:
			return "", notAMember()
		}
	}
	if tenant == "" && s.required {
		return "", &Problem{Status: http.StatusBadRequest, Detail: "the request names no tenant"}
	}
	if tenant != identity.Tenant && identity.Principal != "" {
		if s.members == nil {
			return "", notAMember()
		}
		if belongs, err := s.members(r.Context(), identity, tenant); err != nil {
			return "", err
		} else if !belongs {
			return "", notAMember()
		}
	}
	return tenant, nil
}

func notAMember() *Problem {
	return &Problem{Status: http.StatusForbidden, Detail: "the principal may not act for the tenant that the request names"}
}
