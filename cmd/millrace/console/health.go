package console

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/observe"
)

// check is one of this process's health.
type check struct{ name, criticality, said string }

func (c check) well() bool { return c.said == string(observe.OK) }

func (l *looker) checks(ctx context.Context) ([]check, error) {
	report := l.Health.Report(ctx)
	checks := []check{}
	for _, a := range report.Answers {
		checks = append(checks, check{a.Name, a.Criticality.String(), a.Said})
	}
	slices.SortFunc(checks, func(a, b check) int { return strings.Compare(a.name, b.name) })
	if report.Status == observe.Stopping {
		checks = append(checks, check{"process", observe.Critical.String(), string(observe.Stopping)})
	}
	return checks, nil
}

func (l *looker) healthSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[check]{
		Name: "health", Title: "Health", About: "What this process stands on, and what each check says. A probe tells states alone.",
		ID:   func(c check) string { return c.name },
		Read: l.checks, Every: time.Second,
		Columns: []admin.Column[check]{
			admin.Text("check", "Check", func(c check) string { return c.name }),
			admin.State("state", "State", func(c check) (string, admin.Tone) {
				if c.well() {
					return "ok", admin.ToneGood
				}
				return "failing", admin.ToneBad
			}).Filtered(),
			admin.Text("criticality", "Criticality", func(c check) string { return c.criticality }).Filtered().Minor(),
			admin.Text("said", "It says", func(c check) string { return c.said }).When(func(c check) bool { return !c.well() }),
		},
		Facts: func(checks []check) []admin.Fact {
			var well int64
			var failing []admin.Fact
			for _, c := range checks {
				if c.well() {
					well++
				} else {
					failing = append(failing, word(c.name, c.name, "failing", admin.ToneBad))
				}
			}
			return append([]admin.Fact{count("well", "Checks that are well", well, admin.ToneGood)}, failing...)
		},
	})
}
