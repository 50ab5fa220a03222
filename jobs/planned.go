package jobs

import (
	"cmp"
	"slices"
	"time"

	"github.com/millrace/millrace/jobs/internal/tick"
	"github.com/millrace/millrace/partitions"
)

// Schedule is how far a schedule of [Cron] is.
type Schedule struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
	Zone       string `json:"zone"`
	Kind       string `json:"kind"`
	// Last is the last tick, or when the schedule began. Next is the one after it, and may be left out where this process has no such zone.
	Last time.Time `json:"last"`
	Next time.Time `json:"next,omitzero"`
}

// planned are the schedules that are stored.
func (n *Runner) planned(stored partitions.Stored) ([]Schedule, error) {
	rows, err := n.ticks.Rows(stored.All())
	if err != nil {
		return nil, err
	}
	all := make([]Schedule, 0, len(rows))
	for name, row := range rows {
		s := Schedule{Name: name, Expression: row.Expression, Zone: row.Zone, Kind: row.Kind, Last: row.Last}
		if zone, err := time.LoadLocation(row.Zone); err == nil {
			if ticks, err := tick.Parse(row.Expression, zone); err == nil {
				s.Next = ticks.Next(row.Last)
			}
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Schedule) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}
