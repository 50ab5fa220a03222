package main

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// standbyFindings judge what readers of slots wait for that standbys have copies of, from PostgreSQL 17 on.
func standbyFindings(ctx context.Context, conn *pgx.Conn) ([]finding, error) {
	var copied bool
	var names, missing string
	err := conn.QueryRow(ctx, `SELECT
		EXISTS (SELECT FROM pg_replication_slots s WHERE database = current_database() AND to_jsonb(s) -> 'failover' = 'true'),
		coalesce(current_setting('synchronized_standby_slots', true), ''),
		coalesce((SELECT string_agg(trim(name), ', ') FROM unnest(string_to_array(current_setting('synchronized_standby_slots', true), ',')) name
			WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = trim(name) AND slot_type = 'physical' AND active)), '')`).
		Scan(&copied, &names, &missing)
	if err != nil || !copied {
		return nil, err //nolint:wrapcheck // shown as it is
	}
	f := finding{
		Severity: fine, Server: "postgres", Subject: "synchronized_standby_slots", Found: names,
		Recommended: "the slots of the standbys that may take over, each read by its standby",
	}
	switch {
	case names == "":
		f.Severity, f.Found = advice, "empty"
		f.Reason = "a standby that takes over may lack rows that were published"
		f.Change = "ALTER SYSTEM SET synchronized_standby_slots = 'SLOT OF THE STANDBY'; SELECT pg_reload_conf()"
	case missing != "":
		f.Severity, f.Found = fault, names+", and nothing reads "+missing
		f.Reason = "nothing is published while such a standby is away"
		f.Change = "start the standby; or, after it took over itself, name those that follow it, or none: " +
			"ALTER SYSTEM RESET synchronized_standby_slots; SELECT pg_reload_conf()"
	}
	return []finding{f}, nil
}
