package main

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisRules are the recommended settings of Redis; deploy/kafka explains them.
func redisRules() []rule {
	policy, log := exactly("noeviction"), exactly("yes")
	return []rule{
		{
			"maxmemory-policy", policy.want, policy.holds, fault,
			"an evicted deduplication key lets an event be handled twice",
			"CONFIG SET maxmemory-policy noeviction, and the same in redis.conf",
		},
		{
			"appendonly", log.want, log.holds, advice,
			"a restart forgets which events were handled since the last snapshot, and a repeat is handled again",
			"CONFIG SET appendonly yes, and the same in redis.conf",
		},
	}
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
	settings := map[string]string{}
	for _, r := range redisRules() {
		config, err := client.ConfigGet(ctx, r.name).Result()
		if err != nil {
			break // providers forbid it; what is missing is told as such
		}
		maps.Copy(settings, config)
	}
	findings := []finding{{Severity: fine, Server: server, Subject: "connection", Found: "answers at " + opts.Addr}}
	asked := time.Now()
	if told, err := client.Time(ctx).Result(); err == nil {
		findings = append(findings, clockFinding(server, asked, told, time.Now()))
	}
	findings = append(findings, checkAll(server, settings, redisRules())...)
	info, err := client.Info(ctx, "persistence").Result()
	if err != nil {
		return findings
	}
	for line := range strings.Lines(info) {
		name, state, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name != "rdb_last_bgsave_status" && name != "aof_last_write_status" {
			continue
		}
		findings = append(findings, judge(state == "ok", finding{
			Severity: fault, Server: server, Subject: name, Found: state, Recommended: "ok",
			Reason: "Redis refuses writes, or keeps them in memory alone", Change: "see its log; most often the disk is full",
		}))
	}
	return findings
}
