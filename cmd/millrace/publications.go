package main

import (
	"cmp"
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// publicationsQuery lists the tables that look like an outbox and are not polled, each with the publications that have it.
const publicationsQuery = `SELECT n.nspname || '.' || c.relname, c.relkind = 'p',
	coalesce(p.pubname::text, ''), coalesce(p.pubinsert, false), coalesce(p.pubupdate, false), coalesce(p.pubdelete, false),
	coalesce(p.pubtruncate, false), coalesce(p.pubviaroot, false)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN pg_publication_tables t ON t.schemaname = n.nspname AND t.tablename = c.relname
	LEFT JOIN pg_publication p ON p.pubname = t.pubname
	WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
	AND 4 = (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped
		AND a.attname IN ('aggregatetype', 'aggregateid', 'type', 'payload'))
	AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'seq' AND a.atthasdef AND NOT a.attisdropped)
	ORDER BY 1, 3`

// publicationFindings judges how outbox tables are published.
func publicationFindings(ctx context.Context, conn *pgx.Conn) ([]finding, error) {
	rows, err := conn.Query(ctx, publicationsQuery)
	if err != nil {
		return nil, err //nolint:wrapcheck // shown as it is
	}
	var findings []finding
	var table, name string
	var parted, insert, update, remove, truncate, root bool
	_, err = pgx.ForEachRow(rows, []any{&table, &parted, &name, &insert, &update, &remove, &truncate, &root}, func() error {
		if name == "" {
			findings = append(findings, finding{
				Severity: fault, Server: "postgres", Subject: "publication of " + table, Found: "none", Recommended: "one of its inserts",
				Reason: "its rows are in no publication, so no relay sees them",
				Change: "`millrace relay --migrate --table " + table + "`, or ALTER PUBLICATION millrace_outbox ADD TABLE " + table,
			})
			return nil
		}
		var kinds []string
		for i, on := range []bool{insert, update, remove, truncate} {
			if on {
				kinds = append(kinds, []string{"insert", "update", "delete", "truncate"}[i])
			}
		}
		findings = append(findings, judgePublication(name, table, kinds, insert))
		if parted {
			findings = append(findings, judge(root, finding{
				Severity: fault, Server: "postgres", Subject: "publication " + name + " of the partitioned " + table,
				Found: "rows as the partitions'", Recommended: "rows as the table's", Reason: "the relay and Debezium know the table by its name",
				Change: "ALTER PUBLICATION " + pgx.Identifier{name}.Sanitize() + " SET (publish_via_partition_root = true)",
			}))
		}
		return nil
	})
	return findings, err //nolint:wrapcheck // shown as it is
}

func judgePublication(name, table string, kinds []string, insert bool) finding {
	f := finding{
		Severity: advice, Server: "postgres", Subject: "publication " + name + " of " + table,
		Found: cmp.Or(strings.Join(kinds, ", "), "nothing"), Recommended: "insert",
		Reason: "events are inserts; the rest is decoded and sent for nothing, and each row is deleted at once",
		Change: "ALTER PUBLICATION " + pgx.Identifier{name}.Sanitize() + " SET (publish = 'insert')",
	}
	if !insert {
		f.Severity, f.Reason = fault, "no relay sees the rows that are written"
	}
	return judge(insert && len(kinds) == 1, f)
}
