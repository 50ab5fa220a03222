package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/millrace/millrace/cmd/millrace/console"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/admin"
)

// consolePath is where a pod has its console.
const consolePath = "/console/"

// consoleLimit bounds what a console is asked, but for its news: an action may take a minute.
const consoleLimit = 65 * time.Second

// look gives the pod a console for those whom auth knows.
func (p *pod) look(ctx context.Context, auth httpapi.Authenticator, at servers, settings []console.Setting) error {
	if err := p.bus.Verify(ctx, console.Attempted); err != nil {
		return err
	}
	c, err := console.New(auth, console.Config{
		Bus: p.bus, Health: p.health.Health, Hub: p.hub, Database: at.database, OutboxGroup: relayGroup, Settings: settings, Log: p.log,
	})
	if err == nil {
		p.console = c
	}
	return err
}

// developed gives the pod a console for who works on this machine.
func (p *pod) developed(cmd *cobra.Command, at servers) error {
	developer := httpapi.Identity{Principal: "developer", Roles: []string{admin.RoleOperator, admin.RoleAllTenants}}
	return p.look(cmd.Context(), admin.Loopback(developer), at, settings(cmd))
}

// lookedAt gives the pod a console for those whom access knows, and none where it knows nobody.
func (p *pod) lookedAt(cmd *cobra.Command, at servers, who access) error {
	auth, err := who.authenticator(p.log)
	if err != nil {
		return err
	}
	if auth == nil {
		p.log.InfoContext(cmd.Context(), "the console is not served; name who may look with --console-tokens or MILLRACE_CONSOLE_TOKENS, "+
			"or an identity provider with --console-issuer or MILLRACE_CONSOLE_ISSUER")
		return nil
	}
	return p.look(cmd.Context(), auth, at, settings(cmd))
}

// serveHTTP serves the pod's routes until ctx ends. A console's streams end with the listening, as they would not by themselves.
func (p *pod) serveHTTP(ctx context.Context, listener net.Listener) error {
	var opts []httpapi.ServerOption
	if p.console != nil {
		opts = append(opts, httpapi.Ending(p.console.Drain))
	}
	return p.health.serve(ctx, p.routes(), listener, p.log, opts...)
}

// routes are those of the shop, and of the console where there is one.
func (p *pod) routes() http.Handler {
	app := p.shop.Handler()
	if p.console == nil {
		return app
	}
	own := httpapi.Timeout(consoleLimit)(http.StripPrefix(strings.TrimSuffix(consolePath, "/"), p.console))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path+"/" == consolePath:
			http.Redirect(w, r, consolePath, http.StatusPermanentRedirect)
		case strings.HasPrefix(r.URL.Path, consolePath):
			own.ServeHTTP(w, r)
		default:
			app.ServeHTTP(w, r)
		}
	})
}

// settings are what the process was started with.
func settings(cmd *cobra.Command) []console.Setting {
	host, _ := os.Hostname() // it is known or not
	all := []console.Setting{
		{Name: "version", Value: version(), Source: console.SourceProcess},
		{Name: "go", Value: runtime.Version(), Source: console.SourceProcess},
		{Name: "host", Value: host, Source: console.SourceProcess},
		{Name: "process", Value: strconv.Itoa(os.Getpid()), Source: console.SourceProcess},
		{Name: "started", Value: time.Now().UTC().Format(time.RFC3339), Source: console.SourceProcess},
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			all = append(all, console.Setting{Name: "--" + f.Name, Value: f.Value.String(), Source: console.SourceFlag})
		}
	})
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		for _, prefix := range []string{
			"KAFKA_", "DATABASE_", "REDIS_", "S3_", "HTTP_ADDRESS", "OUTBOX_", "PUSH_", "OTEL_", "MILLRACE_", "GOMAXPROCS", "GOMEMLIMIT",
		} {
			if strings.HasPrefix(name, prefix) {
				all = append(all, console.Setting{Name: name, Value: value, Source: console.SourceEnvironment})
			}
		}
	}
	return all
}

func newConsole() *cobra.Command {
	cmd := &cobra.Command{
		Use: "console", Short: "Say who may look at a pod's console", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var operator, all bool
	var tenant string
	token := &cobra.Command{
		Use: "token NAME", Short: "Make a token for somebody, and its line for the file of --console-tokens",
		Long: "Make a token for somebody. The token is printed to standard error, for the one who is to have it, and its line for the file of\n" +
			"--console-tokens to standard output. The file has the token's digest alone.",
		Example: "  millrace console token ann --operator --all-tenants >> console.tokens\n" +
			"  millrace console token bob --tenant acme >> console.tokens",
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			roles := []string{admin.RoleViewer}
			if operator {
				roles[0] = admin.RoleOperator
			}
			if all {
				roles = append(roles, admin.RoleAllTenants)
			}
			if all == (tenant != "") {
				return &usageError{errors.New("say whose rows the token shows: --tenant NAME or --all-tenants")}
			}
			secret, line, err := console.NewToken(args[0], roles, tenant)
			if err != nil {
				return &usageError{err}
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
			_, errSecret := fmt.Fprintf(cmd.ErrOrStderr(), "the token of %s: %s\n", args[0], secret)
			return errors.Join(err, errSecret)
		},
	}
	token.Flags().BoolVar(&operator, "operator", false, "who may also do something")
	token.Flags().StringVar(&tenant, "tenant", "", "whose rows alone are seen")
	token.Flags().BoolVar(&all, "all-tenants", false, "who sees all tenants' rows, and what is no tenant's: servers, topics, settings")
	cmd.AddCommand(token)
	return cmd
}
