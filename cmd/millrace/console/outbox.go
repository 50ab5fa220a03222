package console

import (
	"cmp"
	"context"
	"time"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/httpapi/admin"
)

func (l *looker) relays(ctx context.Context) ([]inspect.Relay, error) {
	return inspect.Relays(ctx, l.Bus, l.Database, l.OutboxGroup)
}

func relayState(r inspect.Relay) (string, admin.Tone) {
	switch r.State {
	case inspect.StateWorking:
		if len(r.Problems) > 0 {
			return r.State, admin.ToneWarn
		}
		return r.State, admin.ToneGood
	case inspect.StateHalted, inspect.StateStopped:
		return r.State, admin.ToneBad
	case inspect.StateWaiting, inspect.StateUnread:
		return r.State, admin.ToneWarn
	case inspect.StateTaking:
		return r.State, admin.ToneBusy
	}
	return r.State, admin.ToneNone
}

// bytesOf is a column of a size that is not always known.
func bytesOf(name, title string, of func(inspect.Relay) *int64) admin.Column[inspect.Relay] {
	return admin.Bytes(name, title, func(r inspect.Relay) int64 { return *of(r) }).When(func(r inspect.Relay) bool { return of(r) != nil })
}

func behind(r inspect.Relay) time.Duration { return time.Duration(*r.Behind * float64(time.Second)) }

func (l *looker) outboxSection() (admin.Section, error) {
	behindColumn := admin.Span("behind", "Behind", behind).When(func(r inspect.Relay) bool { return r.Behind != nil })
	lag := bytesOf("lag", "Log unread", func(r inspect.Relay) *int64 { return r.Lag })
	return admin.NewSection(admin.Spec[inspect.Relay]{
		Name: "outbox", Title: "Outbox",
		About: "Relays and replication slots: who publishes committed rows, how far behind, and what PostgreSQL keeps for them.",
		ID:    func(r inspect.Relay) string { return r.Relay }, Read: l.relays, Every: 3 * time.Second,
		Columns: []admin.Column[inspect.Relay]{
			admin.Code("relay", "Slot", func(r inspect.Relay) string { return r.Relay }),
			admin.State("state", "State", relayState).Filtered(),
			admin.Code("node", "Node", func(r inspect.Relay) string { return cmp.Or(r.Node, r.Reader) }),
			lag, behindColumn,
			bytesOf("kept", "Log kept", func(r inspect.Relay) *int64 { return r.Kept }).Minor(),
			admin.Code("wal", "WAL", func(r inspect.Relay) string { return r.WAL }).Minor(),
			admin.Number("records", "Published", func(r inspect.Relay) int64 { return r.Records }).Minor(),
			admin.Time("checkpoint", "Checkpoint", func(r inspect.Relay) time.Time { return r.Checkpoint }).Minor(),
		},
		Facts: func(relays []inspect.Relay) []admin.Fact {
			var facts []admin.Fact
			for _, r := range relays {
				text, tone := relayState(r)
				facts = append(facts, word("state", r.Relay, text, tone))
				facts = append(facts, admin.Describe(r, lag, behindColumn)...)
			}
			if len(facts) == 0 {
				facts = append(facts, word("state", "Relay", "none has run", admin.ToneRest))
			}
			return facts
		},
		Show: func(_ context.Context, r inspect.Relay) (admin.Details, error) {
			d := admin.Details{Facts: admin.Describe(r,
				admin.Code("mode", "Mode", func(r inspect.Relay) string { return r.Mode }),
				admin.Code("table", "Table", func(r inspect.Relay) string { return r.Table }),
				admin.Code("published", "Published up to", func(r inspect.Relay) string { return r.Published }),
				admin.Code("confirmed", "Confirmed up to", func(r inspect.Relay) string { return r.Confirmed }),
				bytesOf("room", "Room until the slot is lost", func(r inspect.Relay) *int64 { return r.Room }),
				admin.Text("rate", "Rate", func(r inspect.Relay) string { return r.RateText() }),
				admin.Number("letters", "Dead letters", func(r inspect.Relay) int64 { return r.Letters }),
				admin.Time("reported", "Reported", func(r inspect.Relay) time.Time { return r.Reported }),
			)}
			if len(r.Problems) > 0 {
				d.Tables = append(d.Tables, admin.NewTable("What stands in the way", r.Problems,
					admin.Text("found", "Found", func(p inspect.Problem) string { return p.Found }),
					admin.Text("change", "What to do", func(p inspect.Problem) string { return p.Change })))
			}
			return d, nil
		},
	})
}
