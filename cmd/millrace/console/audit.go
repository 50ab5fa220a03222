package console

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/request"
)

const auditRetention = 365 * 24 * time.Hour

// Attempted tells of what somebody has done, or tried to do, by a console. Its events are CloudEvents in the topic outbox.event.console, kept
// for a year, in order for each row.
var Attempted = bus.Define("millrace.console.attempted", func(e admin.Entry) string { return e.Section + "/" + e.Row },
	bus.Partitions(1), bus.Retention(auditRetention))

// audit publishes what the console does.
type audit struct{ bus *bus.Bus }

func (a audit) Record(ctx context.Context, e admin.Entry) error {
	return a.bus.Publish(ctx, Attempted.New(e)).Err()
}

// mostEntries is how many of the newest entries are shown.
const mostEntries = 1000

// attempts are the newest entries of the audit.
func (l *looker) attempts(ctx context.Context) ([]admin.Entry, error) {
	topic := Attempted.Contract().Topic()
	from, err := l.Bus.Offsets(ctx, topic, bus.Earliest)
	if errors.Is(err, bus.ErrNoTopic) {
		return nil, nil
	}
	ends, errEnds := l.Bus.Offsets(ctx, topic, bus.Latest)
	if err := errors.Join(err, errEnds); err != nil {
		return nil, err
	}
	for partition, end := range ends {
		from[partition] = max(from[partition], end-mostEntries)
	}
	var entries []admin.Entry
	for received, err := range bus.Tail(ctx, l.Bus, Attempted, bus.From(from), bus.UntilEnd()) {
		if err != nil {
			return entries, err
		}
		entries = append(entries, received.Value)
	}
	return entries, nil
}

func (l *looker) auditSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[admin.Entry]{
		Name: "audit", Title: "Audit",
		About: "What was done by consoles, and what was refused: the newest of the topic " + string(Attempted.Contract().Topic()) + ".",
		ID:    func(e admin.Entry) string { return e.ID + "-" + string(e.Outcome) }, Order: "-at", Read: l.attempts,
		Tenant: func(e admin.Entry) request.Tenant { return e.Tenant }, // what others did with its rows tells of them
		Columns: []admin.Column[admin.Entry]{
			admin.Time("at", "At", func(e admin.Entry) time.Time { return e.At }),
			admin.State("outcome", "Outcome", func(e admin.Entry) (string, admin.Tone) {
				return string(e.Outcome), outcomeTone(e.Outcome)
			}).Filtered(),
			admin.Text("principal", "Who", func(e admin.Entry) string { return string(e.Principal) }).Filtered(),
			admin.Text("action", "Action", func(e admin.Entry) string { return e.Action }).Filtered(),
			admin.Text("section", "Section", func(e admin.Entry) string { return e.Section }).Filtered().Minor(),
			admin.Code("row", "Row", func(e admin.Entry) string { return e.Row }),
			admin.Text("reason", "Reason", func(e admin.Entry) string { return e.Reason }).Minor(),
			admin.Text("detail", "Detail", func(e admin.Entry) string { return e.Detail }).Minor(),
		},
		Facts: func(all []admin.Entry) []admin.Fact {
			var refused int64
			var last time.Time
			for _, e := range all {
				if e.Outcome == admin.OutcomeRefused {
					refused++
				}
				last = later(last, e.At)
			}
			return append(admin.Describe(last, admin.Time("last", "Last attempt", func(t time.Time) time.Time { return t })),
				count("refused", "Refused", refused, admin.ToneNone))
		},
		Show: func(_ context.Context, e admin.Entry) (admin.Details, error) {
			return admin.Details{Facts: admin.Describe(e,
				admin.Text("roles", "Roles", func(e admin.Entry) string { return strings.Join(e.Roles, ", ") }),
				admin.Code("bound", "Viewer's tenant", func(e admin.Entry) string { return string(e.Tenant) }),
				admin.Code("owner", "Row's tenant", func(e admin.Entry) string { return string(e.Owner) }),
				admin.Code("address", "From", func(e admin.Entry) string { return e.Address }),
				admin.Code("request", "Request", func(e admin.Entry) string { return e.RequestID }),
				admin.Code("attempt", "Attempt", func(e admin.Entry) string { return e.ID }),
			)}, nil
		},
	})
}

func outcomeTone(o admin.Outcome) admin.Tone {
	switch o {
	case admin.OutcomeDone:
		return admin.ToneGood
	case admin.OutcomeFailed:
		return admin.ToneBad
	case admin.OutcomeRefused:
		return admin.ToneWarn
	case admin.OutcomeAsked:
	}
	return admin.ToneNone
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
