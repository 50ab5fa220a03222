package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

const doctorLimit = 10 * time.Second

// versionStep is what PostgreSQL counts a major version as in server_version_num.
const versionStep = 10_000

const restart = ", then restart PostgreSQL"

// postgresRules are the recommended settings of PostgreSQL; deploy/kafka explains them.
func postgresRules() []rule {
	set := func(name string, l limit, value string, bad severity, reason, then string) rule {
		return rule{name, l.want, l.holds, bad, reason, fmt.Sprintf("ALTER SYSTEM SET %s = '%s'%s", name, value, then)}
	}
	const reload = "; SELECT pg_reload_conf()"
	return []rule{
		set("wal_level", exactly("logical"), "logical", fault,
			"the relay reads committed rows from the log, which holds them at this level alone", restart),
		set("max_replication_slots", atLeast(10), "10", advice, "the relay needs one, and each replica and connector another", restart),
		set("max_wal_senders", atLeast(10), "10", advice, "each reader of the log takes one; without a free one the relay waits", restart),
		set("max_slot_wal_keep_size", limit{"10GB, or what the disk has room for", func(found string) bool { return found != "-1" }},
			"10GB", advice, "a relay that stands still fills the disk otherwise; a slot past the limit is lost, so alert on its lag first", reload),
		set("fsync", exactly("on"), "on", fault, "accepted orders are lost by a power cut otherwise", reload),
		set("full_page_writes", exactly("on"), "on", fault, "a power cut may leave a torn page that cannot be repaired otherwise", reload),
		set("synchronous_commit", limit{"on", func(found string) bool { return found != "off" }}, "on", fault,
			"off loses the last commits at a crash, orders that were accepted among them", reload),
	}
}

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
	var free int64
	var role string
	var replication bool
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int,
		current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
		current_user, (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user)`).
		Scan(&version, &free, &role, &replication)
	if err != nil {
		return unreachable(server, err)
	}
	settings, err := postgresSettings(ctx, conn)
	if err != nil {
		return unreachable(server, err)
	}
	findings := []finding{
		{Severity: fine, Server: server, Subject: "connection", Found: "answers at " + hostOf(at)},
		judge(version >= 14*versionStep, finding{
			Severity: fault, Server: server, Subject: "version", Found: strconv.Itoa(version / versionStep), Recommended: "14 or newer",
			Reason: "older ones cannot stream what the relay asks for", Change: "upgrade PostgreSQL",
		}),
		judge(replication, finding{
			Severity: fault, Server: server, Subject: "replication right of " + role, Found: strconv.FormatBool(replication),
			Recommended: "true", Reason: "the relay reads the log", Change: "ALTER ROLE " + pgx.Identifier{role}.Sanitize() + " REPLICATION",
		}),
	}
	findings = append(findings, checkAll(server, settings, postgresRules())...)
	slots, held, err := slotFindings(ctx, conn)
	if err != nil {
		return append(findings, unreachable(server, err)...)
	}
	if !held {
		findings = append(findings, judge(free > 0, finding{
			Severity: fault, Server: server, Subject: "free replication slots", Found: strconv.FormatInt(free, 10), Recommended: "1 or more",
			Reason: "the relay has no slot here yet, and makes one",
			Change: "raise max_replication_slots" + restart + ", or drop a slot that nothing uses: SELECT pg_drop_replication_slot('NAME')",
		}))
	}
	return append(findings, slots...)
}

func postgresSettings(ctx context.Context, conn *pgx.Conn) (map[string]string, error) {
	var names []string
	for _, r := range postgresRules() {
		names = append(names, r.name)
	}
	rows, err := conn.Query(ctx, `SELECT name, setting FROM pg_settings WHERE name = ANY($1)`, names)
	if err != nil {
		return nil, err //nolint:wrapcheck // shown as it is
	}
	settings := map[string]string{}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		settings[name] = value
		return nil
	})
	return settings, err //nolint:wrapcheck // shown as it is
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
		state := "active"
		if !active {
			state = "not active"
		}
		f := finding{
			Severity: fine, Server: "postgres", Subject: "slot " + name, Found: state + ", log " + status + ", keeps " + size,
			Recommended: "active, log reserved",
		}
		drop := "SELECT pg_drop_replication_slot('" + name + "')"
		switch {
		case status == "lost":
			f.Severity, f.Reason = fault, "PostgreSQL removed log that was not read: rows that were committed then are not in Kafka"
			f.Change = "find what is missing, then " + drop + " and start the relay again"
		case status == "unreserved" || large:
			f.Severity, f.Reason = fault, "log piles up, and the slot is lost when it reaches max_slot_wal_keep_size"
			f.Change = "see in the log of the pod that holds the relay why it does not publish"
		case !active:
			f.Severity, f.Reason = advice, "nothing reads it, and it keeps log"
			f.Change = "start its relay, or " + drop
		}
		findings = append(findings, f)
		return nil
	})
	return findings, len(findings) > 0, err //nolint:wrapcheck // shown as it is
}
