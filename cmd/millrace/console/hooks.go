package console

import (
	"context"
	"time"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/request"
)

// endpoint is one of a group's webhooks.
type endpoint struct {
	webhooks.Inspected

	group, hooks string
}

func (l *looker) readHooks(ctx context.Context) ([]endpoint, error) {
	return eachGroup(ctx, l, &l.hooks, func(ctx context.Context, group string) ([]endpoint, error) {
		found, err := webhooks.Inspect(ctx, l.Bus, group)
		var all []endpoint
		for _, one := range found {
			for _, i := range one.Endpoints {
				all = append(all, endpoint{i, group, one.Name})
			}
		}
		return all, err
	})
}

func (e endpoint) state() (string, admin.Tone) {
	text := inspect.Faring(e.Description)
	switch {
	case !e.Endpoint.Enabled:
		return text, admin.ToneRest
	case e.Failures > 0:
		return text, admin.ToneWarn
	}
	return text, admin.ToneGood
}

func (l *looker) hookSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[endpoint]{
		Name: "webhooks", Title: "Webhooks", About: "Endpoints of partners: how each fares, the last attempts on it, and what was given up.",
		ID:     func(e endpoint) string { return joined(e.group, e.hooks, string(e.Endpoint.Tenant), e.Endpoint.ID) },
		Tenant: func(e endpoint) request.Tenant { return e.Endpoint.Tenant }, Read: l.readHooks, Every: 3 * time.Second,
		Columns: []admin.Column[endpoint]{
			admin.Code("id", "ID", func(e endpoint) string { return e.Endpoint.ID }),
			admin.Code("url", "URL", func(e endpoint) string { return e.Endpoint.URL }),
			admin.State("state", "State", endpoint.state),
			admin.Code("tenant", "Tenant", func(e endpoint) string { return string(e.Endpoint.Tenant) }).Filtered().Minor(),
			admin.Number("queued", "Queued", func(e endpoint) int64 { return int64(e.Queued) }),
			admin.Number("delivered", "Delivered", func(e endpoint) int64 { return e.Delivered }),
			admin.Number("given", "Given up", func(e endpoint) int64 { return int64(len(e.Given)) }).Toned(func(e endpoint) admin.Tone {
				if len(e.Given) > 0 {
					return admin.ToneWarn
				}
				return admin.ToneNone
			}),
			admin.Code("types", "Events", func(e endpoint) string { return inspect.Types(e.Endpoint) }).Minor(),
			admin.Time("success", "Last success", func(e endpoint) time.Time { return e.LastSuccess }).Minor(),
		},
		Facts: func(all []endpoint) []admin.Fact {
			var queued, failing, disabled, given int64
			for _, e := range all {
				queued, given = queued+int64(e.Queued), given+int64(len(e.Given))
				if !e.Endpoint.Enabled {
					disabled++
				} else if e.Failures > 0 {
					failing++
				}
			}
			return []admin.Fact{
				count("endpoints", "Endpoints", int64(len(all)), admin.ToneNone), count("queued", "Queued", queued, admin.ToneBusy),
				count("failing", "Failing", failing, admin.ToneWarn), count("disabled", "Disabled", disabled, admin.ToneRest),
				count("given", "Given up", given, admin.ToneWarn),
			}
		},
		Show: func(_ context.Context, e endpoint) (admin.Details, error) {
			return admin.Details{Facts: hookFacts(e), Tables: []admin.Table{attemptTable(e.Log), deadTable(e.Given)}}, nil
		},
		Actions: hookActions(l),
	})
}

func hookFacts(e endpoint) []admin.Fact {
	return admin.Describe(e,
		admin.Text("description", "Description", func(e endpoint) string { return e.Endpoint.Description }),
		admin.Text("why", "Why disabled", func(e endpoint) string { return e.Endpoint.Disabled }),
		admin.Code("scheme", "Signatures", func(e endpoint) string { return string(e.Endpoint.Scheme) }),
		admin.Text("rate", "Rate", func(e endpoint) string { return inspect.Rate(e.Endpoint.Rate) }),
		admin.Time("created", "Created", func(e endpoint) time.Time { return e.Endpoint.Created }),
		admin.Time("failing", "Failing since", func(e endpoint) time.Time { return e.FailingSince }),
		admin.Time("held", "Held until", func(e endpoint) time.Time { return e.HeldUntil }),
		admin.Time("failure", "Last failure", func(e endpoint) time.Time { return e.LastFailure }))
}

func attemptTable(log []webhooks.Attempt) admin.Table {
	return admin.NewTable("Attempts", log,
		admin.Time("at", "At", func(a webhooks.Attempt) time.Time { return a.At }),
		admin.Code("type", "Type", func(a webhooks.Attempt) string { return a.Type }),
		admin.Number("number", "Number", func(a webhooks.Attempt) int64 { return int64(a.Number) }),
		admin.State("outcome", "Outcome", func(a webhooks.Attempt) (string, admin.Tone) {
			if a.Outcome == webhooks.OutcomeDelivered {
				return a.Outcome, admin.ToneGood
			}
			return a.Outcome, admin.ToneWarn
		}),
		admin.Code("answer", "Answer", func(a webhooks.Attempt) string { return inspect.Answered(a.Status, a.Failed) }),
		admin.Span("took", "Took", func(a webhooks.Attempt) time.Duration { return a.Took }),
		admin.Code("event", "Event", func(a webhooks.Attempt) string { return a.Event }))
}

func deadTable(given []webhooks.Dead) admin.Table {
	return admin.NewTable("Given up", given,
		admin.Time("died", "Died", func(d webhooks.Dead) time.Time { return d.Died }),
		admin.Code("type", "Type", func(d webhooks.Dead) string { return d.Type }),
		admin.Number("attempts", "Attempts", func(d webhooks.Dead) int64 { return int64(d.Attempts) }),
		admin.Code("answer", "Answer", func(d webhooks.Dead) string { return inspect.Answered(d.Status, d.Failed) }),
		admin.Text("reason", "Reason", func(d webhooks.Dead) string { return d.Reason }),
		admin.Code("event", "Event", func(d webhooks.Dead) string { return d.Event }))
}
