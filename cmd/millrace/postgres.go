package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/internal/pgaddress"
)

const doctorLimit = 10 * time.Second

// versionStep is what PostgreSQL counts a major version as in server_version_num.
const versionStep = 10_000

// decodingMemory is 64 MB as pg_settings counts it.
const decodingMemory = 64 << 10

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
		set("idle_replication_slot_timeout", limit{"0", func(found string) bool { return found == "0" }}, "0", advice,
			"PostgreSQL 18 takes the slot from a relay that is away for longer, and what was committed meanwhile is not published", reload),
		set("logical_decoding_work_mem", limit{"64MB or more", atLeast(decodingMemory).holds}, "64MB", advice,
			"changes of open transactions past it are written to the disk and read again, which delays events", reload),
		set("fsync", exactly("on"), "on", fault, "accepted orders are lost by a power cut otherwise", reload),
		set("full_page_writes", exactly("on"), "on", fault, "a power cut may leave a torn page that cannot be repaired otherwise", reload),
		set("synchronous_commit", limit{"on", func(found string) bool { return found != "off" }}, "on", fault,
			"off loses the last commits at a crash, orders that were accepted among them", reload),
	}
}

func diagnosePostgres(ctx context.Context, at string) []finding {
	const server = "postgres"
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	conn, err := pgaddress.Connect(ctx, at)
	if err != nil {
		return unreachable(server, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var version int
	var free, senders int64
	var role string
	var replication bool
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int,
		current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
		current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender'),
		current_user, (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user)`).
		Scan(&version, &free, &senders, &role, &replication)
	if err != nil {
		return unreachable(server, err)
	}
	var told time.Time
	asked := time.Now()
	if err := conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&told); err != nil {
		return unreachable(server, err)
	}
	clock := clockFinding(server, asked, told, time.Now())
	settings, err := postgresSettings(ctx, conn)
	if err != nil {
		return unreachable(server, err)
	}
	findings := []finding{
		{Severity: fine, Server: server, Subject: "connection", Found: "answers at " + hostOf(at)},
		clock,
		judge(version >= 14*versionStep, finding{
			Severity: fault, Server: server, Subject: "version", Found: strconv.Itoa(version / versionStep), Recommended: "14 or newer",
			Reason: "older ones cannot stream what the relay asks for", Change: "upgrade PostgreSQL",
		}),
		judge(replication, finding{
			Severity: fault, Server: server, Subject: "replication right of " + role, Found: strconv.FormatBool(replication),
			Recommended: "true", Reason: "the relay reads the log", Change: "ALTER ROLE " + pgx.Identifier{role}.Sanitize() + " REPLICATION",
		}),
	}
	findings = append(findings, timeouts(checkAll(server, settings, postgresRules()))...)
	slots, err := inspect.ReadSlots(ctx, conn)
	if err != nil {
		return append(findings, unreachable(server, err)...)
	}
	if len(slots) == 0 {
		findings = append(findings, judge(free > 0, finding{
			Severity: fault, Server: server, Subject: "free replication slots", Found: strconv.FormatInt(free, 10), Recommended: "1 or more",
			Reason: "the relay has no slot here yet, and makes one",
			Change: "raise max_replication_slots" + restart + ", or drop a slot that nothing uses: SELECT pg_drop_replication_slot('NAME')",
		}))
	}
	findings = append(findings, judge(senders > 0 || slices.ContainsFunc(slots, func(s inspect.Slot) bool { return s.Active }), finding{
		Severity: fault, Server: server, Subject: "free connections for readers of the log", Found: strconv.FormatInt(senders, 10),
		Recommended: "1 or more", Reason: "the relay cannot read the log", Change: "raise max_wal_senders" + restart,
	}))
	for i := range slots {
		findings = append(findings, slotFinding(&slots[i]))
	}
	for _, more := range []func(context.Context, *pgx.Conn) ([]finding, error){standbyFindings, publicationFindings} {
		found, err := more(ctx, conn)
		if err != nil {
			return append(findings, unreachable(server, err)...)
		}
		findings = append(findings, found...)
	}
	return findings
}

// timeouts says of a setting that PostgreSQL 18 brought, on an older one, that there is nothing to do.
func timeouts(findings []finding) []finding {
	for i, f := range findings {
		if f.Subject == "idle_replication_slot_timeout" && f.Severity == hidden {
			findings[i].Severity, findings[i].Found = fine, "none before PostgreSQL 18"
		}
	}
	return findings
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
