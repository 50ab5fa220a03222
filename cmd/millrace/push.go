package main

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/push/tokens"
)

// pushing is what `millrace push` was asked for.
type pushing struct {
	http, secret, key, kid, issuer, audience, tickets, operator string
	anonymous                                                   bool
	origins, presence, latest, publishing                       []string
	partitions, connections, tenantConnections, tenantCalls     int
	drain, interest                                             time.Duration
}

func newPush(g *global) *cobra.Command {
	p := &pushing{}
	cmd := &cobra.Command{
		Use: "push", Short: "Serve live clients from the broadcast topic, as a process of its own",
		Long: "Serve live clients from the broadcast topic, as a process of its own, for applications in any language.\n\n" +
			"GET /events is Server-Sent Events or NDJSON, /ws WebSockets, /poll long polls; POST /ticket gives a ticket to who has a token;\n" +
			"GET /schema is for `millrace generate ts`.\n" +
			"Applications publish with POST /publish and the operator's secret, {\"channel\", \"key\", \"tenant\", \"data\"} or a list of\n" +
			"them, or write to the topic " + string(push.Topic) + " themselves: CloudEvents of the type push.broadcast.<channel>, with the key as\n" +
			"subject, and the channel as the record's key. GET /connections, with the same secret, says who is connected.\n\n" +
			"Run as many as wanted: each reads the whole topic, or with --interest what its clients need, and a client resumes on any of\n" +
			"them. SIGTERM lets /readyz fall, waits --drain-delay, tells clients when to come back, and ends.",
		Example: "  millrace push --kafka kafka.internal:9092 --jwt-key login.pem --redis redis://redis.internal:6379 --ticket-secret ticket.key\n" +
			"  millrace push --anonymous --http 127.0.0.1:8081\n" +
			"  curl -H \"Authorization: Bearer $(cat operator.key)\" localhost:8081/publish -d '{\"channel\":\"news\",\"data\":\"hello\"}'",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.run(cmd, g) },
	}
	flags := cmd.Flags()
	flags.StringVar(&p.http, "http", cmp.Or(os.Getenv("HTTP_ADDRESS"), ":8080"), "listen address (HTTP_ADDRESS)")
	flags.StringVar(&p.secret, "jwt-secret", os.Getenv("PUSH_JWT_SECRET"),
		"`file` with the secret of tokens that are signed with HS256 (PUSH_JWT_SECRET)")
	flags.StringVar(&p.key, "jwt-key", os.Getenv("PUSH_JWT_KEY"), "`file` with the public key of tokens, PEM (PUSH_JWT_KEY)")
	flags.StringVar(&p.kid, "jwt-kid", "", "id of the key, where tokens name one")
	flags.StringVar(&p.issuer, "jwt-issuer", "", "what \"iss\" of tokens must be")
	flags.StringVar(&p.audience, "jwt-audience", "", "what \"aud\" of tokens must have in it")
	flags.BoolVar(&p.anonymous, "anonymous", false, "let everybody follow everything that is of no tenant, without a token")
	flags.StringVar(&p.tickets, "ticket-secret", os.Getenv("PUSH_TICKET_SECRET"),
		"`file` with a secret for tickets, the same for all; needs --redis (PUSH_TICKET_SECRET)")
	flags.StringVar(&p.operator, "operator-secret", os.Getenv("PUSH_OPERATOR_SECRET"),
		"`file` with the secret of those who may publish and look (PUSH_OPERATOR_SECRET; without it nobody may)")
	flags.StringSliceVar(&p.origins, "origin", nil, "other origins whose pages may connect, such as https://*.example.com")
	flags.StringSliceVar(&p.presence, "presence", nil, "channels of which it is known who follows them")
	flags.StringSliceVar(&p.latest, "latest", nil, "channels of which a slow client gets the newest of each key alone")
	flags.StringSliceVar(&p.publishing, "publishing", nil, "channels that clients may publish to, where their tokens say so")
	flags.IntVar(&p.partitions, "partitions", 4, "partitions that the topic is created with")
	flags.DurationVar(&p.interest, "interest", 0,
		"read only partitions with channels that clients follow here, and for so long after the last has left (0: read all)")
	flags.IntVar(&p.connections, "connections", 20_000, "how many clients are served")
	flags.IntVar(&p.tenantConnections, "tenant-connections", 5_000, "how many clients of one tenant are served")
	flags.IntVar(&p.tenantCalls, "tenant-calls", 10_000, "how many calls the clients of one tenant may make in a second")
	flags.DurationVar(&p.drain, "drain-delay", 5*time.Second, "how long to serve on after readiness has fallen")
	return cmd
}

func (p *pushing) run(cmd *cobra.Command, g *global) (err error) {
	outliveOutput()
	opts, err := p.options()
	if err != nil {
		return err
	}
	log, err := g.logger(slog.LevelInfo)
	if err != nil {
		return err
	}
	listener, err := listenHTTP(cmd.Context(), p.http)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // closed already when it was served
	pod, err := newPushPod(cmd.Context(), g, log, p, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pod.close(cmd.Context())) }()
	return pod.serve(cmd.Context(), listener, func() { log.Info("ready", "http", listener.Addr().String()) })
}

// options are the hub's.
func (p *pushing) options() ([]push.Option, error) {
	opts := []push.Option{
		push.Origins(p.origins...), push.Presence(p.presence...), push.Latest(p.latest...), push.Partitions(p.partitions),
		push.Connections(p.connections, p.tenantConnections), push.TenantCalls(p.tenantCalls),
	}
	if p.interest != 0 {
		opts = append(opts, push.Interest(p.interest))
	}
	verifier, err := p.verifier()
	if err != nil {
		return nil, err
	}
	switch {
	case verifier != nil && p.anonymous:
		return nil, &usageError{errors.New("--anonymous lets everybody in, and tokens only those who have one: leave one of them away")}
	case verifier != nil:
		opts = append(opts, push.Tokens(verifier))
	case !p.anonymous:
		return nil, &usageError{errors.New("say who may connect: --jwt-key or --jwt-secret, or --anonymous for everybody")}
	case p.tickets != "":
		return nil, &usageError{errors.New("--ticket-secret is of no use without tokens: leave it away, or give --jwt-key or --jwt-secret")}
	}
	for _, name := range p.publishing {
		opts = append(opts, push.Publishing(channelOf(name)))
	}
	return opts, nil
}

// verifier is that of tokens, nil where there are none.
func (p *pushing) verifier() (*tokens.Verifier, error) {
	var keys []tokens.Key
	if p.secret != "" {
		secret, err := secretFile("--jwt-secret", p.secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, tokens.Secret(p.kid, secret))
	}
	if p.key != "" {
		text, err := os.ReadFile(p.key)
		if err != nil {
			return nil, &usageError{fmt.Errorf("--jwt-key: %w", err)}
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return nil, &usageError{errors.New("--jwt-key: the file has no PEM block; it is to have a public key")}
		}
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, &usageError{fmt.Errorf("--jwt-key: the file has no public key: %w", err)}
		}
		keys = append(keys, tokens.Public(p.kid, public))
	}
	if len(keys) == 0 {
		return nil, nil //nolint:nilnil // there are none
	}
	var opts []tokens.Option
	if p.issuer != "" {
		opts = append(opts, tokens.Issuer(p.issuer))
	}
	if p.audience != "" {
		opts = append(opts, tokens.Audience(p.audience))
	}
	v, err := tokens.New(keys, opts...)
	if err != nil {
		return nil, &usageError{err}
	}
	return v, nil
}

// secretFile reads a secret, without the line's end.
func secretFile(flag, file string) ([]byte, error) {
	text, err := os.ReadFile(file) //nolint:gosec // asked for
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	return []byte(strings.TrimRight(string(text), "\r\n")), nil
}
