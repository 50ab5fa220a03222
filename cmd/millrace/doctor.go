package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

// errFindings: doctor found something that must be changed.
var errFindings = errors.New("doctor found something to change")

// severity says how much a finding matters.
type severity string

const (
	fine   severity = "ok"
	advice severity = "advice"
	fault  severity = "problem"
)

// finding is one thing that doctor looked at. Change is empty where it is fine.
type finding struct {
	Severity severity `json:"severity"`
	Server   string   `json:"server"`
	Subject  string   `json:"subject"`
	Found    string   `json:"found"`
	Change   string   `json:"change,omitempty"`
}

func newDoctor(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check the servers' configuration and say what to change",
		Long: "Check the configuration of Kafka, and of PostgreSQL and Redis where their addresses are given, and say what to change.\n\n" +
			"Exit code 3 says that there is a problem; advice alone gives 0.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.diagnose(cmd.Context(), cmd.OutOrStdout()) },
	}
	g.wantJSON(cmd)
	return cmd
}

func (g *global) diagnose(ctx context.Context, out io.Writer) error {
	findings := g.diagnoseKafka(ctx)
	if g.database != "" {
		findings = append(findings, diagnosePostgres(ctx, g.database)...)
	}
	if g.redis != "" {
		findings = append(findings, diagnoseRedis(ctx, g.redis)...)
	}
	t := newTable(io.Discard)
	if !g.json {
		t = newTable(out, "", "SERVER", "SUBJECT", "FOUND", "CHANGE")
	}
	var verdict error
	for _, f := range findings {
		if f.Severity == fault {
			verdict = errFindings
		}
		if g.json {
			if err := printJSON(out, f); err != nil {
				return err
			}
			continue
		}
		t.row(string(f.Severity), f.Server, f.Subject, f.Found, cmp.Or(f.Change, "-"))
	}
	if err := t.flush(); err != nil {
		return err
	}
	if !g.json && (g.database == "" || g.redis == "") {
		_, _ = fmt.Fprintln(os.Stderr, "give --database and --redis (DATABASE_URL, REDIS_URL) to have PostgreSQL and Redis checked too")
	}
	return verdict
}

// unreachable is the finding of a server that does not answer.
func unreachable(server string, err error) []finding {
	return []finding{{fault, server, "connection", err.Error(), "check the address and that the server runs"}}
}

// judge is a finding that is fine when good is true.
func judge(good bool, bad severity, server, subject, found, change string) finding {
	if good {
		return finding{fine, server, subject, found, ""}
	}
	return finding{bad, server, subject, found, change}
}
