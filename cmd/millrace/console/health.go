package console

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/observe"
)

// check is one of this process's health.
type check struct{ name, said string }

func (c check) well() bool { return c.said == string(observe.OK) }

func (l *looker) checks(ctx context.Context) ([]check, error) {
	report := l.Health.Report(ctx)
	checks := []check{}
	for _, name := range slices.Sorted(maps.Keys(report.Checks)) {
		checks = append(checks, check{name, report.Checks[name]})
	}
	if report.Status == observe.Stopping {
		checks = append(checks, check{"process", string(observe.Stopping)})
	}
	return checks, nil
}

func (l *looker) healthSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[check]{
		Name: "health", Title: "Health", About: "What this process stands on, as /readyz tells it.", ID: func(c check) string { return c.name },
		Read: l.checks, Every: time.Second,
		Columns: []admin.Column[check]{
			admin.Text("check", "Check", func(c check) string { return c.name }),
			admin.State("state", "State", func(c check) (string, admin.Tone) {
				if c.well() {
					return "ok", admin.ToneGood
				}
				return "failing", admin.ToneBad
			}).Filtered(),
			admin.Text("said", "It says", func(c check) string { return c.said }).When(func(c check) bool { return !c.well() }),
		},
		Facts: func(checks []check) []admin.Fact {
			facts := make([]admin.Fact, 0, len(checks))
			for _, c := range checks {
				if c.well() {
					facts = append(facts, word(c.name, c.name, "ok", admin.ToneGood))
				} else {
					facts = append(facts, word(c.name, c.name, "failing", admin.ToneBad))
				}
			}
			return facts
		},
	})
}
