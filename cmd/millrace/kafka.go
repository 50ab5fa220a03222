package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/millrace/millrace/bus"
)

func (g *global) diagnoseKafka(ctx context.Context, groups []string) []finding {
	const server = "kafka"
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	b, err := g.open(ctx)
	if err != nil {
		return unreachable(server, err)
	}
	defer b.Close() //nolint:errcheck // only read from
	infos, err := b.Topics(ctx)
	if err != nil {
		return unreachable(server, err)
	}
	seed := kafkaSeed(g.kafkaURL())
	findings := []finding{{Severity: fine, Server: server, Subject: "connection", Found: "answers at " + seed}}
	findings = append(findings, brokerFindings(ctx, b, seed)...)
	findings = append(findings, partitionFindings(infos)...)
	findings = append(findings, settingFindings(ctx, b, infos, seed)...)
	findings = append(findings, rightFindings(ctx, b, groups, seed)...)
	return append(findings, groupFindings(ctx, b)...)
}

// partitionFindings looks for partitions that have no leader or lack a replica.
func partitionFindings(infos []bus.TopicInfo) []finding {
	var leaderless, behind, single []string
	for _, info := range infos {
		for _, p := range info.Partitions {
			at := fmt.Sprintf("%s/%d", info.Name, p.Partition)
			if p.Leader < 0 {
				leaderless = append(leaderless, at)
			}
			if p.InSync < p.Replicas {
				behind = append(behind, at)
			}
		}
		if len(info.Partitions) > 0 && info.Partitions[0].Replicas == 1 {
			single = append(single, string(info.Name))
		}
	}
	return []finding{
		judge(len(leaderless) == 0, finding{
			Severity: fault, Server: "kafka", Subject: "partitions without a leader", Found: counted(leaderless), Recommended: "none",
			Reason: "nobody can read or write them", Change: "start the brokers that have these partitions",
		}),
		judge(len(behind) == 0, finding{
			Severity: fault, Server: "kafka", Subject: "partitions that lack an in-sync replica", Found: counted(behind), Recommended: "none",
			Reason: "one broker less to lose", Change: "see the logs of the brokers: one is down or too slow",
		}),
		judge(len(single) == 0, finding{
			Severity: advice, Server: "kafka", Subject: "topics with one replica", Found: counted(single), Recommended: "none",
			Reason: "they are gone with their broker",
			Change: "give them three with kafka-reassign-partitions.sh; for development it does not matter",
		}),
	}
}

// settingFindings looks for topics whose acknowledged records a broker's failure can lose.
func settingFindings(ctx context.Context, b *bus.Bus, infos []bus.TopicInfo, seed string) []finding {
	names := make([]bus.Topic, len(infos))
	for i, info := range infos {
		names[i] = info.Name
	}
	settings, err := b.Settings(ctx, names...)
	if err != nil {
		f := finding{Severity: advice, Server: "kafka", Subject: "settings of the topics", Found: err.Error(), Recommended: "readable"}
		if f.Change = "see the brokers' logs"; errors.Is(err, bus.ErrDenied) {
			f.Change = "allow DescribeConfigs on the topics to have them checked"
		}
		return []finding{f}
	}
	var thin, blocked, unclean []string
	for _, info := range infos {
		replicas := 0
		if len(info.Partitions) > 0 {
			replicas = info.Partitions[0].Replicas
		}
		least, err := strconv.Atoi(settings[info.Name]["min.insync.replicas"])
		switch {
		case err != nil:
		case least < 2 && replicas > 2: //nolint:mnd // a write is safe with two copies
			thin = append(thin, string(info.Name))
		case least >= replicas && replicas > 1:
			blocked = append(blocked, string(info.Name))
		}
		if settings[info.Name]["unclean.leader.election.enable"] == "true" {
			unclean = append(unclean, string(info.Name))
		}
	}
	alter := "for each: kafka-configs.sh --bootstrap-server " + seed + " --alter --topic NAME --add-config "
	return append(policyFindings(settings, alter), []finding{
		judge(len(thin) == 0, finding{
			Severity: fault, Server: "kafka", Subject: "topics with min.insync.replicas below 2", Found: counted(thin), Recommended: "none",
			Reason: "a record that one broker alone has is acknowledged, and lost with it", Change: alter + "min.insync.replicas=2",
		}),
		judge(len(blocked) == 0, finding{
			Severity: advice, Server: "kafka", Subject: "topics with min.insync.replicas as many as replicas", Found: counted(blocked),
			Recommended: "none", Reason: "one broker's restart stops all writes to them",
			Change: "give them one replica more with kafka-reassign-partitions.sh",
		}),
		judge(len(unclean) == 0, finding{
			Severity: fault, Server: "kafka", Subject: "topics with unclean leader election", Found: counted(unclean), Recommended: "none",
			Reason: "it drops acknowledged records", Change: alter + "unclean.leader.election.enable=false",
		}),
	}...)
}

func groupFindings(ctx context.Context, b *bus.Bus) []finding {
	lags, err := b.Lag(ctx)
	if err != nil {
		return unreachable("kafka", err)
	}
	var findings []finding
	for _, lag := range lags {
		findings = append(findings, judge(lag.Members > 0 || lag.Total() == 0, finding{
			Severity: advice, Server: "kafka", Subject: "group " + lag.Group,
			Found:       fmt.Sprintf("%s, %s behind", plural(lag.Members, "member"), plural(int(lag.Total()), "record")),
			Recommended: "members where there are records", Reason: "nobody reads for it",
			Change: "start its consumers; or, if it is no longer wanted, kafka-consumer-groups.sh --delete --group " + lag.Group,
		}))
		dead := 0
		for _, err := range b.DeadLetters(ctx, lag.Group) {
			if err != nil {
				return append(findings, unreachable("kafka", err)...)
			}
			dead++
		}
		if dead > 0 {
			findings = append(findings, finding{
				Severity: advice, Server: "kafka", Subject: "dead letters of " + lag.Group, Found: strconv.Itoa(dead), Recommended: "0",
				Reason: "events that its handlers gave up on", Change: "millrace deadletters " + lag.Group,
			})
		}
	}
	return findings
}
