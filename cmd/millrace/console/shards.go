package console

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/partitions"
)

// shard is one of a group; a group without nodes has one row, which is none of its shards.
type shard struct {
	partitions.ShardDescription

	group  string
	absent bool
}

func (l *looker) shards(ctx context.Context) ([]shard, error) {
	groups, err := l.groups(ctx, changelogSuffix)
	if err != nil {
		return nil, err
	}
	var all []shard
	var errs []error
	for _, group := range groups {
		described, err := partitions.Describe(ctx, l.Bus, group)
		if errors.Is(err, partitions.ErrNoMembers) {
			all = append(all, shard{group: group, absent: true})
			continue
		}
		errs = append(errs, err)
		for _, s := range described.Shards {
			all = append(all, shard{ShardDescription: s, group: group})
		}
	}
	return all, errors.Join(errs...)
}

func (s shard) state() (string, admin.Tone) {
	switch {
	case s.absent:
		return "no node", admin.ToneWarn
	case s.State == partitions.ShardLive:
		return string(s.State), admin.ToneGood
	case s.State == partitions.ShardUnowned:
		return string(s.State), admin.ToneBad
	}
	return string(s.State), admin.ToneBusy
}

func (s shard) copies() string {
	var all []string
	for _, standby := range s.Standbys {
		text := standby.Node
		if standby.Lag > 0 {
			text += fmt.Sprintf(" (≤ %d behind)", standby.Lag)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func (l *looker) shardSection() (admin.Section, error) {
	present := func(s shard) bool { return !s.absent }
	return admin.NewSection(admin.Spec[shard]{
		Name: "shards", Title: "Shards",
		About: "Who owns each shard of the partition groups, how far it is, and how many records it has yet to handle.",
		ID: func(s shard) string {
			if s.absent {
				return s.group
			}
			return joined(s.group, strconv.Itoa(int(s.Shard)))
		},
		Read: l.shards, Every: 3 * time.Second,
		Columns: []admin.Column[shard]{
			admin.Code("group", "Group", func(s shard) string { return s.group }).Filtered(),
			admin.Number("shard", "Shard", func(s shard) int64 { return int64(s.Shard) }).When(present),
			admin.State("state", "State", shard.state).Filtered(),
			admin.Code("owner", "Owner", func(s shard) string { return s.Owner.ID }).Filtered(),
			admin.Number("lag", "Lag", func(s shard) int64 { return s.Lag }).When(present).Toned(func(s shard) admin.Tone {
				if s.Lag > much {
					return admin.ToneWarn
				}
				return admin.ToneNone
			}),
			admin.Code("heir", "Moves to", func(s shard) string { return s.Heir.ID }).Minor(),
			admin.Code("standbys", "Warm copies", shard.copies).Minor(),
		},
		Facts: func(all []shard) []admin.Fact {
			var live, other, lag, absent int64
			for _, s := range all {
				lag += s.Lag
				switch {
				case s.absent:
					absent++
				case s.State == partitions.ShardLive:
					live++
				default:
					other++
				}
			}
			return []admin.Fact{
				count("live", "Live", live, admin.ToneGood), count("other", "Moving or unowned", other, admin.ToneWarn),
				count("absent", "Groups without a node", absent, admin.ToneWarn), count("lag", "Records behind", lag, admin.ToneNone),
			}
		},
		Show: func(_ context.Context, s shard) (admin.Details, error) {
			return admin.Details{
				Facts: admin.Describe(s.Owner,
					admin.Code("address", "Owner's address", func(n partitions.Node) string { return n.Address }),
					admin.Code("zone", "Zone", func(n partitions.Node) string { return n.Zone }),
					admin.Code("rack", "Rack", func(n partitions.Node) string { return n.Rack })),
				Tables: []admin.Table{admin.NewTable("Warm copies", s.Standbys,
					admin.Code("node", "Node", func(s partitions.StandbyDescription) string { return s.Node }),
					admin.Number("lag", "Behind at most", func(s partitions.StandbyDescription) int64 { return s.Lag }).
						When(func(s partitions.StandbyDescription) bool { return s.Lag >= 0 }))},
			}, nil
		},
	})
}
