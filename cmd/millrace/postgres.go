package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

const doctorLimit = 10 * time.Second

// versionStep is what PostgreSQL counts a major version as in server_version_num.
const versionStep = 10_000

const slotQuery = `SELECT slot_name, active, coalesce(wal_status, ''),
	coalesce(pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), '-'),
	coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0) > 1e9
	FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database() ORDER BY slot_name`

func diagnosePostgres(ctx context.Context, at string) []finding {
	const server = "postgres"
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		return unreachable(server, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var version int
	var level, fsync, commit string
	var keep, free int64
	var replication bool
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('wal_level'),
		current_setting('fsync'), current_setting('synchronous_commit'),
		(SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size'),
		current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
		(SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user)`).
		Scan(&version, &level, &fsync, &commit, &keep, &free, &replication)
	if err != nil {
		return unreachable(server, err)
	}
	kept := strconv.FormatInt(keep, 10) + " MB"
	if keep < 0 {
		kept = "unlimited"
	}
	findings := []finding{
		judge(version >= 14*versionStep, fault, server, "version", strconv.Itoa(version/versionStep),
			"the relay needs PostgreSQL 14 or newer"),
		judge(level == "logical", fault, server, "wal_level", level, "ALTER SYSTEM SET wal_level = logical, then restart; the relay needs it"),
		judge(replication, fault, server, "replication right", strconv.FormatBool(replication), "ALTER ROLE … REPLICATION for the relay's role"),
		judge(keep >= 0, advice, server, "max_slot_wal_keep_size", kept,
			"set a limit below the disk's size, or a relay that stands still fills the disk; a slot past it is lost, so alert on lag first"),
		judge(fsync == "on", fault, server, "fsync", fsync, "switch it on: accepted orders may be lost by a power cut"),
		judge(commit != "off", advice, server, "synchronous_commit", commit, "off loses the last commits at a crash"),
	}
	slots, held, err := slotFindings(ctx, conn)
	if err != nil {
		return append(findings, unreachable(server, err)...)
	}
	if !held {
		findings = append(findings, judge(free > 0, fault, server, "max_replication_slots", fmt.Sprintf("%d free", free),
			"raise it, or drop slots that nothing uses; then restart"))
	}
	return append(findings, slots...)
}

// slotFindings judges each slot, and says whether there is one.
func slotFindings(ctx context.Context, conn *pgx.Conn) ([]finding, bool, error) {
	rows, err := conn.Query(ctx, slotQuery)
	if err != nil {
		return nil, false, err //nolint:wrapcheck // shown as it is
	}
	var findings []finding
	var name, status, size string
	var active, large bool
	_, err = pgx.ForEachRow(rows, []any{&name, &active, &status, &size, &large}, func() error {
		f := finding{fine, "postgres", "slot " + name, fmt.Sprintf("active %t, %s, keeps %s", active, status, size), ""}
		switch {
		case status == "lost":
			f.Severity, f.Change = fault, "PostgreSQL removed log that was not read; find what is missing, drop the slot, start the relay again"
		case status == "unreserved" || large:
			f.Severity, f.Change = fault, "the relay is far behind, and log piles up; see why it does not run or publish"
		case !active:
			f.Severity, f.Change = advice, "nothing reads it and it keeps log; start its relay, or drop it with pg_drop_replication_slot"
		}
		findings = append(findings, f)
		return nil
	})
	return findings, len(findings) > 0, err //nolint:wrapcheck // shown as it is
}

func diagnoseRedis(ctx context.Context, at string) []finding {
	const server = "redis"
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	opts, err := redis.ParseURL(at)
	if err != nil {
		return unreachable(server, errors.New("the address must be of the form redis://host:6379"))
	}
	client := redis.NewClient(opts)
	defer client.Close() //nolint:errcheck // only read from
	if err := client.Ping(ctx).Err(); err != nil {
		return unreachable(server, err)
	}
	findings := []finding{{fine, server, "connection", "answers", ""}}
	config, err := client.ConfigGet(ctx, "maxmemory-policy").Result()
	policy, known := config["maxmemory-policy"]
	if err != nil || !known {
		return append(findings, finding{advice, server, "maxmemory-policy", "cannot be read", "see that it is noeviction"})
	}
	return append(findings, judge(policy == "noeviction", fault, server, "maxmemory-policy", policy,
		"set noeviction: an evicted deduplication key lets an event be handled twice"))
}
