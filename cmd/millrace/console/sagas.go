package console

import (
	"context"
	"errors"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/sagas"
)

// saga is one of a group's flow.
type saga struct {
	sagas.Inspected

	group, flow string
}

func (l *looker) readSagas(ctx context.Context) ([]saga, error) {
	return eachGroup(ctx, l, &l.sagas, func(ctx context.Context, group string) ([]saga, error) {
		flows, err := sagas.Inspect(ctx, l.Bus, group)
		var all []saga
		for _, flow := range flows {
			for _, one := range flow.Sagas {
				for i := range one.History.Entries {
					one.History.Entries[i].Out = nil // what a saga works on is not for the console
				}
				one.History.Input, one.History.Result = nil, nil
				all = append(all, saga{one, group, flow.Flow})
			}
		}
		return all, err
	})
}

func sagaTone(s sagas.Status) admin.Tone {
	switch s {
	case sagas.Completed:
		return admin.ToneGood
	case sagas.Running, sagas.Waiting, sagas.Compensating:
		return admin.ToneBusy
	case sagas.Parked:
		return admin.ToneBad
	case sagas.Compensated, sagas.Abandoned:
	}
	return admin.ToneRest
}

func (l *looker) sagaSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[saga]{
		Name: "sagas", Title: "Sagas", About: "Durable flows: where each is, what it waits for, and its journal.",
		ID:     func(s saga) string { return joined(s.group, s.flow, string(s.Description.Tenant), s.Description.ID) },
		Tenant: func(s saga) request.Tenant { return s.Description.Tenant }, Order: "-changed", Read: l.readSagas, Every: 3 * time.Second,
		Columns: []admin.Column[saga]{
			admin.Code("id", "ID", func(s saga) string { return s.Description.ID }),
			admin.Code("flow", "Flow", func(s saga) string { return s.flow }).Filtered(),
			admin.State("status", "Status", func(s saga) (string, admin.Tone) {
				return string(s.Description.Status), sagaTone(s.Description.Status)
			}).Filtered(),
			admin.Code("tenant", "Tenant", func(s saga) string { return string(s.Description.Tenant) }).Filtered().Minor(),
			admin.Text("waits", "Waits for", func(s saga) string { return inspect.Waits(s.Description) }).Minor(),
			admin.Number("steps", "Steps", func(s saga) int64 { return int64(len(s.Description.Done)) }).Minor(),
			admin.Time("started", "Started", func(s saga) time.Time { return s.Description.Started }),
			admin.Time("changed", "Changed", func(s saga) time.Time { return s.Description.Changed }),
			admin.Text("reason", "Reason", func(s saga) string { return s.Description.Reason }).Minor(),
		},
		Facts: func(all []saga) []admin.Fact {
			counts := map[sagas.Status]int64{}
			for _, s := range all {
				counts[s.Description.Status]++
			}
			var facts []admin.Fact
			for _, status := range inspect.Statuses() {
				if n := counts[status]; n > 0 || status == sagas.Parked {
					facts = append(facts, count(string(status), string(status), n, sagaTone(status)))
				}
			}
			return facts
		},
		Show: func(_ context.Context, s saga) (admin.Details, error) {
			return admin.Details{Tables: []admin.Table{admin.NewTable("Journal", s.History.Entries,
				admin.Code("at", "At", func(e sagas.Entry) string { return e.At }),
				admin.Text("kind", "Kind", func(e sagas.Entry) string { return string(e.Kind) }),
				admin.Code("name", "Name", func(e sagas.Entry) string { return e.Name }),
				admin.State("outcome", "Outcome", func(e sagas.Entry) (string, admin.Tone) {
					if e.Failed != nil {
						return inspect.Outcome(e), admin.ToneBad
					}
					return inspect.Outcome(e), admin.ToneGood
				}),
				admin.Time("when", "When", func(e sagas.Entry) time.Time { return e.When }),
			)}}, nil
		},
		Actions: sagaActions(l),
	})
}

var (
	errEnded     = errors.New("it has ended")
	errNotParked = errors.New("it is not parked")
)

func sagaActions(l *looker) []admin.Action[saga] {
	type sender func(ctx context.Context, f *sagas.Flow[anyJSON, anyJSON], reason, id string) bus.Results
	call := func(send sender, said string) func(context.Context, saga, string) (string, error) {
		return func(ctx context.Context, s saga, reason string) (string, error) {
			return said, send(ctx, inspect.Flow(s.flow), reason, s.Description.ID).Err()
		}
	}
	open := func(s saga) error {
		if s.Description.Status.Ended() {
			return errEnded
		}
		return nil
	}
	parked := func(s saga) error {
		if s.Description.Status != sagas.Parked {
			return errNotParked
		}
		return nil
	}
	return []admin.Action[saga]{
		{
			Name: "resume", Title: "Resume", Role: admin.RoleOperator, When: parked, Confirm: "The saga goes on where it was.",
			Do: call(func(ctx context.Context, f *sagas.Flow[anyJSON, anyJSON], _, id string) bus.Results {
				return f.Resume(ctx, l.Bus, id)
			}, "The saga was told to go on."),
		},
		{
			Name: "cancel", Title: "Cancel", Role: admin.RoleOperator, When: open, Reason: admin.ReasonRequired, Danger: true,
			Confirm: "What the saga has done is undone, step by step.",
			Do: call(func(ctx context.Context, f *sagas.Flow[anyJSON, anyJSON], reason, id string) bus.Results {
				return f.Cancel(ctx, l.Bus, reason, id)
			},
				"The saga was told to undo what it did."),
		},
		{
			Name: "abandon", Title: "Abandon", Role: admin.RoleOperator, When: parked, Reason: admin.ReasonRequired, Danger: true,
			Confirm: "The saga ends as it is: nothing that it did is undone.",
			Do: call(func(ctx context.Context, f *sagas.Flow[anyJSON, anyJSON], reason, id string) bus.Results {
				return f.Abandon(ctx, l.Bus, reason, id)
			},
				"The saga was told to end as it is."),
		},
	}
}
