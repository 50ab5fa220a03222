package console

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/request"
)

// instance is one of a group's machine.
type instance struct {
	machines.Instance[string, anyJSON]

	group string
	chart machines.Chart
}

func (i instance) final() bool { return len(i.chart.Allowed(i.State)) == 0 }

func (l *looker) readMachines(ctx context.Context) ([]instance, error) {
	return eachGroup(ctx, l, &l.machines, func(ctx context.Context, group string) ([]instance, error) {
		found, err := machines.Inspect(ctx, l.Bus, group)
		var all []instance
		for _, one := range found {
			for _, i := range one.Instances {
				all = append(all, instance{i, group, one.Chart})
			}
		}
		return all, err
	})
}

func (l *looker) machineSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[instance]{
		Name: "machines", Title: "Machines", About: "Instances of state machines: the state of each, the ways out of it, and its history.",
		ID:     func(i instance) string { return joined(i.group, i.chart.Machine, string(i.Tenant), i.Instance.ID) },
		Tenant: func(i instance) request.Tenant { return i.Tenant }, Order: "-entered", Read: l.readMachines, Every: 3 * time.Second,
		Columns: []admin.Column[instance]{
			admin.Code("id", "ID", func(i instance) string { return i.Instance.ID }),
			admin.Code("machine", "Machine", func(i instance) string { return i.chart.Machine }).Filtered(),
			admin.State("state", "State", func(i instance) (string, admin.Tone) {
				if i.final() {
					return i.State, admin.ToneRest
				}
				return i.State, admin.ToneBusy
			}).Filtered(),
			admin.Code("tenant", "Tenant", func(i instance) string { return string(i.Tenant) }).Filtered().Minor(),
			admin.Number("version", "Version", func(i instance) int64 { return i.Version }),
			admin.Time("entered", "Entered", func(i instance) time.Time { return i.Entered }),
			admin.Code("group", "Group", func(i instance) string { return i.group }).Filtered().Minor(),
		},
		Facts: func(all []instance) []admin.Fact {
			open := map[string]int64{}
			var names []string
			for _, i := range all {
				if _, seen := open[i.chart.Machine]; !seen {
					names = append(names, i.chart.Machine)
					open[i.chart.Machine] = 0
				}
				if !i.final() {
					open[i.chart.Machine]++
				}
			}
			facts := []admin.Fact{count("instances", "Instances", int64(len(all)), admin.ToneNone)}
			for _, name := range names {
				facts = append(facts, count(name, name+", not ended", open[name], admin.ToneBusy))
			}
			return facts
		},
		Show: l.showInstance,
	})
}

// historyLimit is how long a history may take to be read.
const historyLimit = 10 * time.Second

func (l *looker) showInstance(ctx context.Context, i instance) (admin.Details, error) {
	ctx, cancel := context.WithTimeout(ctx, historyLimit)
	defer cancel()
	var history []machines.Told
	for told, err := range machines.History(ctx, l.Bus, i.chart.Machine, i.Instance.ID, bus.UntilEnd()) {
		if errors.Is(err, bus.ErrNoTopic) {
			break
		}
		if err != nil {
			return admin.Details{}, err
		}
		if told.Tenant == string(i.Tenant) {
			history = append(history, told)
		}
	}
	return admin.Details{
		Graph: graph(i, history),
		Tables: []admin.Table{historyTable(history), admin.NewTable("Ways out of "+i.State, i.chart.Allowed(i.State),
			admin.Code("event", "Event", func(a machines.Arrow) string { return a.Event }),
			admin.Code("to", "To", func(a machines.Arrow) string { return a.To }),
			admin.Span("after", "After", func(a machines.Arrow) time.Duration { return a.After }).
				When(func(a machines.Arrow) bool { return a.After > 0 }))},
		Notes: []admin.Note{{Title: "Data", Text: payload(i.Data)}},
	}, nil
}

func historyTable(history []machines.Told) admin.Table {
	type line struct {
		at                  time.Time
		event, from, to, no string
	}
	lines := make([]line, len(history))
	for i, told := range history {
		if r := told.Refused; r != nil {
			lines[i] = line{at: r.At, event: r.Event, from: r.State, no: cmp.Or(r.Reason, "not allowed")}
		} else {
			lines[i] = line{at: told.Moved.At, event: told.Moved.Event, from: told.Moved.From, to: told.Moved.To}
		}
	}
	return admin.NewTable("History", lines,
		admin.Time("at", "At", func(l line) time.Time { return l.at }),
		admin.Code("event", "Event", func(l line) string { return l.event }),
		admin.Code("from", "From", func(l line) string { return l.from }),
		admin.Code("to", "To", func(l line) string { return l.to }),
		admin.State("refused", "Refused", func(l line) (string, admin.Tone) { return l.no, admin.ToneWarn }))
}

// graph draws the machine with the way that an instance has taken.
func graph(i instance, history []machines.Told) *admin.Graph {
	g := &admin.Graph{Title: "Machine " + i.chart.Machine}
	for _, state := range i.chart.States() {
		g.Nodes = append(g.Nodes, admin.Node{
			Name: state, Start: state == i.chart.Start, Final: len(i.chart.Allowed(state)) == 0, Current: state == i.State,
		})
	}
	taken := map[string]bool{}
	for _, told := range history {
		if m := told.Moved; m != nil {
			taken[strings.Join([]string{m.From, m.Event, m.To}, "\x00")] = true
		}
	}
	for _, a := range i.chart.Arrows {
		label := a.Event
		if a.After > 0 {
			label += " after " + a.After.String()
		}
		way := strings.Join([]string{a.From, a.Event, a.To}, "\x00")
		g.Edges = append(g.Edges, admin.Edge{From: a.From, To: a.To, Label: label, Taken: taken[way]})
	}
	return g
}
