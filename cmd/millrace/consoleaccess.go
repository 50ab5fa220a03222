package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/pflag"

	"github.com/millrace/millrace/cmd/millrace/console"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/httpapi/bearer"
)

// access says who may look at a pod's console: who has a token of a file, or one of an identity provider, or both.
type access struct {
	tokens                     string
	issuer, audience, keys     string
	principal, tenant, roles   string // claims
	viewer, operator, everyone string // the provider's roles
}

func (a *access) add(flags *pflag.FlagSet) {
	for _, f := range []struct {
		into                           *string
		name, variable, usual, meaning string
	}{
		{
			&a.tokens, "tokens", "TOKENS", "",
			"`file` of those who may look at the console (MILLRACE_CONSOLE_TOKENS; without it and an issuer there is none)",
		},
		{&a.issuer, "issuer", "ISSUER", "", "`URL` of an identity provider whose tokens are taken, as \"iss\" has it (MILLRACE_CONSOLE_ISSUER)"},
		{&a.audience, "audience", "AUDIENCE", "", "what \"aud\" of the provider's tokens must have in it (MILLRACE_CONSOLE_AUDIENCE)"},
		{&a.keys, "keys", "KEYS", "", "`URL` of the provider's keys, where the issuer does not say it (MILLRACE_CONSOLE_KEYS)"},
		{&a.principal, "principal-claim", "PRINCIPAL_CLAIM", "sub", "`claim` that says who somebody is (MILLRACE_CONSOLE_PRINCIPAL_CLAIM)"},
		{
			&a.tenant, "tenant-claim", "TENANT_CLAIM", "",
			"`claim` that says whose rows alone are seen; who has none needs the role for all (MILLRACE_CONSOLE_TENANT_CLAIM)",
		},
		{
			&a.roles, "roles-claim", "ROLES_CLAIM", "roles",
			"`claim` with the roles, such as realm_access.roles: a list, or words of a text (MILLRACE_CONSOLE_ROLES_CLAIM)",
		},
		{&a.viewer, "viewer-role", "VIEWER_ROLE", admin.RoleViewer, "the provider's `role` of who looks (MILLRACE_CONSOLE_VIEWER_ROLE)"},
		{
			&a.operator, "operator-role", "OPERATOR_ROLE", admin.RoleOperator,
			"the provider's `role` of who also acts (MILLRACE_CONSOLE_OPERATOR_ROLE)",
		},
		{
			&a.everyone, "all-tenants-role", "ALL_TENANTS_ROLE", admin.RoleAllTenants,
			"the provider's `role` of who sees all tenants' rows, beside one of these (MILLRACE_CONSOLE_ALL_TENANTS_ROLE)",
		},
	} {
		flags.StringVar(f.into, "console-"+f.name, cmp.Or(os.Getenv("MILLRACE_CONSOLE_"+f.variable), f.usual), f.meaning)
	}
}

// authenticator knows those who may look, and is nil where nobody may.
func (a *access) authenticator(log *slog.Logger) (httpapi.Authenticator, error) {
	tokens, err := a.fileOf()
	if err != nil {
		return nil, err
	}
	people, err := a.provider(log)
	switch {
	case err != nil:
		return nil, err
	case tokens == nil && people == nil:
		return nil, nil //nolint:nilnil // nobody may
	case people == nil:
		return tokens, nil
	case tokens == nil:
		return people, nil
	}
	return console.Either(people, tokens), nil
}

func (a *access) fileOf() (*console.Tokens, error) {
	if a.tokens == "" {
		return nil, nil //nolint:nilnil // nobody has one
	}
	file, err := os.Open(a.tokens)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--console-tokens: %w", err)}
	}
	defer file.Close() //nolint:errcheck // only read from
	known, err := console.ReadTokens(file)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--console-tokens: %w", err)}
	}
	return known, nil
}

func (a *access) provider(log *slog.Logger) (*bearer.Provider, error) {
	switch {
	case a.issuer == "" && a.audience == "" && a.keys == "":
		return nil, nil //nolint:nilnil // there is none
	case a.issuer == "" || a.audience == "":
		return nil, &usageError{errors.New(
			"--console-issuer and --console-audience belong together: without an audience any application's token would do")}
	case a.viewer == a.operator || a.viewer == a.everyone || a.operator == a.everyone:
		return nil, &usageError{errors.New(
			"the roles of --console-viewer-role, --console-operator-role and --console-all-tenants-role must differ")}
	}
	opts := []bearer.Option{
		bearer.PrincipalClaim(a.principal), bearer.TenantClaim(a.tenant), bearer.RolesClaim(a.roles), bearer.KeySet(a.keys),
		bearer.Logger(log), bearer.Role(a.viewer, admin.RoleViewer), bearer.Role(a.operator, admin.RoleOperator),
		bearer.Role(a.everyone, admin.RoleAllTenants),
	}
	people, err := bearer.NewProvider(a.issuer, a.audience, opts...)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--console-issuer: %w", err)}
	}
	return people, nil
}
