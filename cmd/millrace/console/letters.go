package console

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/request"
)

// letter is a dead letter of a group.
type letter struct {
	bus.DeadLetter

	group string
}

// mostLetters is how many dead letters of a group are looked at.
const mostLetters = 10_000

func (l *looker) letters(ctx context.Context) ([]letter, error) {
	groups, err := l.groups(ctx, deadSuffix)
	if err != nil {
		return nil, err
	}
	var all []letter
	var errs []error // of one group do not hide the letters of others
	for _, group := range groups {
		n, held, most := 0, 0, mostHeld/len(groups)
		for found, err := range l.Bus.DeadLetters(ctx, group) {
			if err != nil {
				errs = append(errs, err)
				break
			}
			n, held = n+1, held+len(found.Record.Key)+len(found.Record.Value)
			if n > mostLetters || held > most {
				errs = append(errs, fmt.Errorf("%s has more than %d dead letters, or %d bytes of them; the first are shown",
					group, mostLetters, most))
				break
			}
			all = append(all, letter{found, group})
		}
	}
	return all, errors.Join(errs...)
}

func (l *looker) letterSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[letter]{
		Name: "dead-letters", Title: "Dead letters", About: "Events that consumer groups gave up on, with their original bytes.",
		ID: func(d letter) string { return joined(d.group, d.Position.String()) }, Order: "-failed", Read: l.letters, Every: 3 * time.Second,
		Tenant: func(d letter) request.Tenant { return request.Tenant(d.Record.Tenant()) },
		Columns: []admin.Column[letter]{
			admin.Code("position", "Position", func(d letter) string { return d.Position.String() }),
			admin.Code("group", "Group", func(d letter) string { return d.group }).Filtered(),
			admin.Code("type", "Type", func(d letter) string { return d.Record.Type() }).Filtered(),
			admin.Code("key", "Key", func(d letter) string { return text(d.Record.Key) }).Minor(),
			admin.State("reason", "Reason", func(d letter) (string, admin.Tone) { return string(d.Reason), admin.ToneWarn }).Filtered(),
			admin.Number("attempts", "Attempts", func(d letter) int64 { return int64(d.Attempts) }).Minor(),
			admin.Time("failed", "Failed", func(d letter) time.Time { return d.FailedAt }),
			admin.Text("error", "Error", func(d letter) string { return d.Error }).Minor(),
		},
		Facts: func(all []letter) []admin.Fact {
			var newest time.Time
			for _, d := range all {
				newest = later(newest, d.FailedAt)
			}
			return append([]admin.Fact{count("letters", "Dead letters", int64(len(all)), admin.ToneWarn)},
				admin.Describe(newest, admin.Time("newest", "Newest", func(t time.Time) time.Time { return t }))...)
		},
		Show: func(_ context.Context, d letter) (admin.Details, error) {
			return admin.Details{
				Facts: admin.Describe(d,
					admin.Code("from", "Came from", func(d letter) string {
						return fmt.Sprintf("%s %d@%d", d.Record.Topic, d.Record.Partition, d.Record.Offset)
					}),
					admin.Code("event", "Event", func(d letter) string { return d.Record.ID() })),
				Tables: []admin.Table{admin.NewTable("Headers", d.Record.Headers,
					admin.Code("header", "Header", func(h bus.Header) string { return h.Key }),
					admin.Code("value", "Value", func(h bus.Header) string { return text(h.Value) }))},
				Notes: []admin.Note{{Title: "Value", Text: payload(d.Record.Value)}},
			}, nil
		},
		Actions: []admin.Action[letter]{
			{
				Name: "redrive", Title: "Redrive", Role: admin.RoleOperator, Reason: admin.ReasonOptional, Do: l.redrive,
				Confirm: "The event goes back to its group, through its retry topic, with its attempts at zero. No other group sees it again.",
			},
			{
				Name: "discard", Title: "Discard", Role: admin.RoleOperator, Reason: admin.ReasonRequired, Danger: true, Do: l.discard,
				Confirm: "The event is forgotten: nobody handles it any more. Its record stays in the dead letter topic as long as that keeps it.",
			},
		},
	})
}

// redrive gives a dead letter back: to its group's retry topic, or, as groups of package partitions have none, to where it came from.
func (l *looker) redrive(ctx context.Context, d letter, _ string) (string, error) {
	n, err := l.Bus.Redrive(ctx, d.group, bus.At(d.Position))
	where := "its group"
	if errors.Is(err, bus.ErrNoRetries) {
		where = "the topic " + string(d.Record.Topic) + ", as the group has no retry topic"
		n, err = l.Bus.Redrive(ctx, d.group, bus.At(d.Position), bus.ToOrigin())
	}
	if err = settled(n, err); err != nil {
		return "", err
	}
	return "The event was given back to " + where + ".", nil
}

func (l *looker) discard(ctx context.Context, d letter, _ string) (string, error) {
	n, err := l.Bus.Discard(ctx, d.group, bus.At(d.Position))
	if err = settled(n, err); err != nil {
		return "", err
	}
	return "The event is forgotten.", nil
}

// settled says what has become of one dead letter where others deal with those of the group too.
func settled(n int, err error) error {
	switch {
	case errors.Is(err, bus.ErrTakenOver):
		return &httpapi.Problem{Status: http.StatusConflict, Detail: "somebody deals with dead letters of the group at this moment; look at it again"}
	case err == nil && n == 0:
		return &httpapi.Problem{Status: http.StatusConflict, Detail: "it is no dead letter any more: somebody has dealt with it"}
	}
	return err
}

// text is what bytes say, in base64 where they are no text.
func text(value []byte) string {
	if utf8.Valid(value) {
		return string(value)
	}
	return "base64:" + base64.StdEncoding.EncodeToString(value)
}

// mostShown is how much of a payload is shown, in bytes.
const mostShown = 64 << 10

// payload is a value for people: JSON is indented.
func payload(value []byte) string {
	var out bytes.Buffer
	switch {
	case value == nil:
		return "(none: a tombstone)"
	case json.Indent(&out, value, "", "  ") != nil:
		out.Reset()
		out.WriteString(text(value))
	}
	shown := out.String()
	if len(shown) > mostShown {
		shown = strings.ToValidUTF8(shown[:mostShown], "") + fmt.Sprintf("\n… and %d bytes more", len(shown)-mostShown)
	}
	return shown
}
