package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func newDoctor(g *global) *cobra.Command {
	var all bool
	var groups []string
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check the servers' configuration and say what to change",
		Long: "Check the configuration of Kafka, and of PostgreSQL, Redis and S3 where their addresses are given, against what\n" +
			"deploy/kafka recommends, and say what was found, why it matters and what to change. Nothing is changed.\n\n" +
			"With --group it also says what this user lacks of what it needs to run a group: on the group, on its topics, those of its\n" +
			"inputs that it has read, and on its transactional ids.\n\n" +
			"Without any address it looks at the servers of the `millrace dev` that runs on the default directory.\n\n" +
			"Exit code 3 says that there is a problem; advice alone gives 0.",
		Example: "  millrace doctor\n  millrace doctor --kafka kafka.internal:9092 --database postgres://app@db.internal/shop --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.diagnose(cmd.Context(), cmd.OutOrStdout(), groups, all)
		},
	}
	cmd.Flags().StringSliceVar(&groups, "group", nil, "`groups` that the user of the Kafka address is to run")
	_ = cmd.RegisterFlagCompletionFunc("group", g.completeGroups) // the flag is there
	cmd.Flags().BoolVar(&all, "all", false, "also list what is well")
	g.wantJSON(cmd)
	return cmd
}

func (g *global) diagnose(ctx context.Context, out io.Writer, groups []string, all bool) error {
	if err := g.findDev(); err != nil {
		return err
	}
	findings := g.diagnoseKafka(ctx, groups)
	if g.database != "" {
		findings = append(findings, diagnosePostgres(ctx, g.database)...)
	}
	if g.redis != "" {
		findings = append(findings, diagnoseRedis(ctx, g.redis)...)
	}
	if g.s3 != "" {
		findings = append(findings, g.diagnoseS3(ctx)...)
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
		}
	}
	if g.json {
		return verdict
	}
	if err := report(out, findings, all); err != nil {
		return err
	}
	var unseen []string
	if g.database == "" {
		unseen = append(unseen, "PostgreSQL: give --database or DATABASE_URL")
	}
	if g.redis == "" {
		unseen = append(unseen, "Redis: give --redis or REDIS_URL")
	}
	if len(unseen) > 0 {
		_, _ = fmt.Fprintln(os.Stderr, "not checked: "+strings.Join(unseen, "; "))
	}
	return verdict
}
