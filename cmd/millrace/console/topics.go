package console

import (
	"context"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi/admin"
)

// topic is one of the cluster's.
type topic struct {
	bus.TopicInfo

	records         int64
	replicas        int
	leaderless, out int // partitions
}

func (l *looker) topics(ctx context.Context) ([]topic, error) {
	infos, err := l.Bus.Topics(ctx)
	all := make([]topic, 0, len(infos))
	for _, info := range infos {
		t := topic{TopicInfo: info}
		for _, p := range info.Partitions {
			t.records += p.End - p.Start
			t.replicas = max(t.replicas, p.Replicas)
			if p.Leader < 0 {
				t.leaderless++
			}
			if p.InSync < p.Replicas {
				t.out++
			}
		}
		all = append(all, t)
	}
	return all, err
}

func (t topic) state() (string, admin.Tone) {
	switch {
	case t.leaderless > 0:
		return "no leader", admin.ToneBad
	case t.out > 0:
		return "lacks replicas", admin.ToneWarn
	}
	return "ok", admin.ToneGood
}

func (l *looker) topicSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[topic]{
		Name: "topics", Title: "Topics",
		About: "Topics of the cluster, their partitions and replicas.", ID: func(t topic) string { return string(t.Name) },
		Read: l.topics, Every: 3 * time.Second,
		Columns: []admin.Column[topic]{
			admin.Code("topic", "Topic", func(t topic) string { return string(t.Name) }),
			admin.State("state", "State", topic.state).Filtered(),
			admin.Number("records", "Offsets kept", func(t topic) int64 { return t.records }),
			admin.Number("partitions", "Partitions", func(t topic) int64 { return int64(len(t.Partitions)) }),
			admin.Number("replicas", "Replicas", func(t topic) int64 { return int64(t.replicas) }),
		},
		Facts: func(all []topic) []admin.Fact {
			var leaderless, out, partitions int64
			for _, t := range all {
				leaderless, out = leaderless+int64(t.leaderless), out+int64(t.out)
				partitions += int64(len(t.Partitions))
			}
			return []admin.Fact{
				count("topics", "Topics", int64(len(all)), admin.ToneNone), count("partitions", "Partitions", partitions, admin.ToneNone),
				count("leaderless", "Without a leader", leaderless, admin.ToneBad), count("out", "Lacking replicas", out, admin.ToneWarn),
			}
		},
		Show: func(_ context.Context, t topic) (admin.Details, error) {
			return admin.Details{
				Facts: admin.Describe(t, admin.Code("id", "Topic id", func(t topic) string { return t.TopicInfo.ID })),
				Tables: []admin.Table{admin.NewTable("Partitions", t.Partitions,
					admin.Number("partition", "Partition", func(p bus.PartitionInfo) int64 { return int64(p.Partition) }),
					admin.Number("leader", "Leader", func(p bus.PartitionInfo) int64 { return int64(p.Leader) }),
					admin.Number("replicas", "Replicas", func(p bus.PartitionInfo) int64 { return int64(p.Replicas) }),
					admin.Number("insync", "In sync", func(p bus.PartitionInfo) int64 { return int64(p.InSync) }),
					admin.Number("start", "Start", func(p bus.PartitionInfo) int64 { return p.Start }),
					admin.Number("end", "End", func(p bus.PartitionInfo) int64 { return p.End }))},
			}, nil
		},
	})
}
