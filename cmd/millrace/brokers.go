package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
)

// replicated is the number of brokers from which on records can survive the loss of one while another is away.
const replicated = 3

// aDay is for how long a pod's transactional producers may have nothing to write: they are kept until the pod ends.
const aDay = 24 * time.Hour

// brokerRules are the recommended settings of brokers; deploy/kafka explains them, and a test compares the two.
func brokerRules(brokers int, seed string) []rule {
	file := func(name string, l limit, bad severity, reason string) rule {
		value, _, _ := strings.Cut(l.want, " ")
		return rule{name, l.want, l.holds, bad, reason, fmt.Sprintf("in each broker's server.properties %s=%s (container: %s=%[2]s), "+
			"then restart one after the other", name, value, "KAFKA_"+strings.ToUpper(strings.ReplaceAll(name, ".", "_")))}
	}
	// Kafka takes some settings while it runs.
	live := func(name string, l limit, bad severity, reason string) rule {
		value, _, _ := strings.Cut(l.want, " ")
		return rule{name, l.want, l.holds, bad, reason, fmt.Sprintf(
			"kafka-configs.sh --bootstrap-server %s --alter --entity-type brokers --entity-default --add-config %s=%s", seed, name, value)}
	}
	// One or two brokers cannot do better, and refuse to make topics when they are told to.
	replicas := func(r rule) rule {
		if brokers < replicated {
			r.bad, r.change = advice, "once there are three brokers: "+r.change
		}
		return r
	}
	own := func(r rule, topic string) rule {
		r.change += "; where " + topic + " is there already, give it its replicas with kafka-reassign-partitions.sh"
		return replicas(r)
	}
	return []rule{
		replicas(file("default.replication.factor", atLeast(3), fault,
			"a topic with fewer replicas is gone with its broker, or stops at the next restart")),
		replicas(live("min.insync.replicas", atLeast(2), fault, "an acknowledged record is on two disks; with 1, acks=all may mean a single one")),
		live("unclean.leader.election.enable", exactly("false"), fault, "a replica that lags must not become leader and drop acknowledged records"),
		file("auto.create.topics.enable", exactly("false"), advice, "a misspelt topic is an error, and not a new topic with the wrong partitions"),
		own(file("transaction.state.log.replication.factor", atLeast(3), fault,
			"atomic publishing stops while this log has no leader"), "__transaction_state"),
		replicas(file("transaction.state.log.min.isr", atLeast(2), fault,
			"a transaction that one disk alone knows of can be undone after its commit")),
		own(file("offsets.topic.replication.factor", atLeast(3), fault, "a lost offset repeats or skips records"), "__consumer_offsets"),
		own(file("share.coordinator.state.topic.replication.factor", atLeast(3), fault,
			"it holds what share groups have acknowledged"), "__share_group_state"),
		replicas(file("share.coordinator.state.topic.min.isr", atLeast(2), fault, "a lost acknowledgement delivers a record again")),
		file("offsets.retention.minutes", atLeast(20160), advice,
			"a group that is away for longer forgets where it was; topics keep a week by default, and this must be more"),
		file("transactional.id.expiration.ms", atLeast(aDay.Milliseconds()), advice,
			"a producer that was idle for longer, as over a quiet night, is forgotten, and its next transaction refused"),
		live("message.max.bytes", atLeast(1048588), fault, "records of up to 1 MB, which clients may send by default, are refused otherwise"),
		file("group.min.session.timeout.ms", atMost(6000), fault, "consumers that ask for quick fail-over, a session of 6 s, are refused otherwise"),
		file("log.cleaner.enable", exactly("true"), fault, "compacted topics, the schema registry among them, grow without end otherwise"),
	}
}

// featureRules are the levels of the cluster's features that Millrace builds on.
func featureRules(seed string) []rule {
	feature := func(name string, level int64, bad severity, reason string) rule {
		l := atLeast(level)
		return rule{name, l.want, l.holds, bad, reason, fmt.Sprintf(
			"upgrade the brokers to Kafka 4.2 or newer, then kafka-features.sh --bootstrap-server %s upgrade --feature %s=%d", seed, name, level)}
	}
	return []rule{
		feature("transaction.version", 2, fault,
			"the broker fences a transaction of a producer that was cut off (KIP-890); without it records may be written twice"),
		feature("share.version", 1, advice, "shared subscriptions (KIP-932) need it"),
	}
}

// brokerFindings judges each setting by the broker that is furthest from the recommendation.
func brokerFindings(ctx context.Context, b *bus.Bus, seed string) []finding {
	brokers, err := b.Brokers(ctx)
	if err != nil {
		return []finding{{
			Severity: advice, Server: "kafka", Subject: "settings of the brokers", Found: err.Error(), Recommended: "readable",
			Change: "allow DescribeConfigs on the cluster to have them checked: kafka-acls.sh --bootstrap-server " + seed +
				" --add --allow-principal User:NAME --operation DescribeConfigs --cluster",
		}}
	}
	findings := []finding{judge(len(brokers) >= replicated, finding{
		Severity: advice, Server: "kafka", Subject: "brokers", Found: strconv.Itoa(len(brokers)), Recommended: "3 or more",
		Reason: "one may be away for an upgrade while another fails", Change: "for production, run three brokers in three zones",
	})}
	for _, r := range brokerRules(len(brokers), seed) {
		each := make([]finding, len(brokers))
		for i, broker := range brokers {
			each[i] = r.check("kafka", broker.Settings)
			if len(brokers) > 1 && each[i].Severity != fine {
				each[i].Found += fmt.Sprintf(" at broker %d", broker.ID)
			}
		}
		findings = append(findings, worst(each))
	}
	levels := map[string]string{}
	for name, level := range brokers[0].Features {
		levels[name] = strconv.Itoa(level)
	}
	return append(findings, checkAll("kafka", levels, featureRules(seed))...)
}
