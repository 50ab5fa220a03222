package console

import (
	"context"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi/admin"
)

func (l *looker) lags(ctx context.Context) ([]bus.GroupLag, error) { return l.Bus.Lag(ctx) }

// much is how many records a group may be behind before it is worth a look.
const much = 10_000

func lagTone(g bus.GroupLag) admin.Tone {
	switch total := g.Total(); {
	case total == 0:
		return admin.ToneNone
	case g.Members == 0:
		return admin.ToneBad
	case total > much:
		return admin.ToneWarn
	}
	return admin.ToneBusy
}

func (l *looker) lagSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[bus.GroupLag]{
		Name: "lag", Title: "Consumer groups", About: "Who reads Kafka, and how many records each group has yet to handle.",
		ID: func(g bus.GroupLag) string { return g.Group }, Read: l.lags,
		Columns: []admin.Column[bus.GroupLag]{
			admin.Code("group", "Group", func(g bus.GroupLag) string { return g.Group }),
			admin.State("state", "State", func(g bus.GroupLag) (string, admin.Tone) {
				if g.Members > 0 {
					return g.State, admin.ToneGood
				}
				return g.State, admin.ToneRest
			}).Filtered(),
			admin.Number("members", "Members", func(g bus.GroupLag) int64 { return int64(g.Members) }),
			admin.Number("lag", "Lag", bus.GroupLag.Total).Toned(lagTone),
			admin.Number("partitions", "Partitions", func(g bus.GroupLag) int64 { return int64(len(g.Partitions)) }).Minor(),
		},
		Facts: func(all []bus.GroupLag) []admin.Fact {
			var total, behind, unread int64
			tone := admin.ToneNone
			for _, g := range all {
				total += g.Total()
				if g.Total() > 0 {
					behind++
				}
				if t := lagTone(g); t == admin.ToneBad {
					unread++
				} else if t == admin.ToneWarn || tone == admin.ToneNone {
					tone = t
				}
			}
			return []admin.Fact{
				count("lag", "Records behind", total, tone), count("behind", "Groups behind", behind, admin.ToneNone),
				count("unread", "Behind, and nobody reads", unread, admin.ToneBad),
			}
		},
		Show: func(_ context.Context, g bus.GroupLag) (admin.Details, error) {
			return admin.Details{Tables: []admin.Table{admin.NewTable("Partitions", g.Partitions,
				admin.Code("topic", "Topic", func(p bus.PartitionLag) string { return string(p.Topic) }),
				admin.Number("partition", "Partition", func(p bus.PartitionLag) int64 { return int64(p.Partition) }),
				admin.Number("committed", "Committed", func(p bus.PartitionLag) int64 { return p.Committed }).
					When(func(p bus.PartitionLag) bool { return p.Committed >= 0 }),
				admin.Number("end", "End", func(p bus.PartitionLag) int64 { return p.End }),
				admin.Number("lag", "Lag", func(p bus.PartitionLag) int64 { return p.Lag }),
			)}}, nil
		},
		Every: 2 * time.Second,
	})
}
