package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/millrace/millrace/bus"
)

// diagnoseKafka looks at what a client may see without rights to the brokers' configuration.
func (g *global) diagnoseKafka(ctx context.Context) []finding {
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
	findings := []finding{{fine, server, "connection", "answers at " + kafkaSeed(g.kafkaURL()), ""}}
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
	findings = append(findings,
		judge(len(leaderless) == 0, fault, server, "leaders", counted(leaderless), "start the brokers that have these partitions"),
		judge(len(behind) == 0, fault, server, "in-sync replicas", counted(behind), "brokers are down or too slow; see their logs"),
		judge(len(single) == 0, advice, server, "replication factor 1", counted(single),
			"a lost broker loses these topics; production wants 3 replicas and min.insync.replicas 2"))
	findings = append(findings, settingFindings(ctx, b, infos)...)
	return append(findings, groupFindings(ctx, b)...)
}

// settingFindings looks for topics whose acknowledged records a broker's failure can lose.
func settingFindings(ctx context.Context, b *bus.Bus, infos []bus.TopicInfo) []finding {
	names := make([]bus.Topic, len(infos))
	for i, info := range infos {
		names[i] = info.Name
	}
	settings, err := b.Settings(ctx, names...)
	if err != nil {
		return []finding{{advice, "kafka", "topic settings", err.Error(), "allow DescribeConfigs on the topics to have them checked"}}
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
	return []finding{
		judge(len(thin) == 0, fault, "kafka", "min.insync.replicas below 2", counted(thin),
			"set it to 2: a record that one broker alone has is acknowledged, and lost with it"),
		judge(len(blocked) == 0, advice, "kafka", "min.insync.replicas as many as replicas", counted(blocked),
			"one broker's restart stops all writes to these topics; have one replica more"),
		judge(len(unclean) == 0, fault, "kafka", "unclean leader election", counted(unclean),
			"set unclean.leader.election.enable to false: it drops acknowledged records"),
	}
}

func groupFindings(ctx context.Context, b *bus.Bus) []finding {
	lags, err := b.Lag(ctx)
	if err != nil {
		return unreachable("kafka", err)
	}
	var findings []finding
	for _, lag := range lags {
		found := fmt.Sprintf("%d members, lag %s", lag.Members, strconv.FormatInt(lag.Total(), 10))
		findings = append(findings, judge(lag.Members > 0 || lag.Total() == 0, advice, "kafka", "group "+lag.Group, found,
			"nobody reads for it; start its consumers, or delete the group"))
		dead := 0
		for _, err := range b.DeadLetters(ctx, lag.Group) {
			if err != nil {
				return append(findings, unreachable("kafka", err)...)
			}
			dead++
		}
		if dead > 0 {
			findings = append(findings, finding{
				advice, "kafka", "dead letters of " + lag.Group, strconv.Itoa(dead),
				"see millrace deadletters " + lag.Group,
			})
		}
	}
	return findings
}

const shown = 3

// counted names the first few.
func counted(names []string) string {
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > shown:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}
