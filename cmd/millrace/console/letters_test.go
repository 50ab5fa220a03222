package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/cmd/millrace/console"
)

type order struct{ ID string }

func placed() bus.Event[order] {
	return bus.Define("shop.order.placed", func(o order) string { return o.ID })
}

// bury makes dead letters of a group.
func (d *desk) bury(group string, ids ...string) {
	d.Helper()
	if err := d.bus.Verify(d.Context(), placed()); err != nil {
		d.Fatal(err)
	}
	if err := d.bus.Create(d.Context(), bus.TopicSpec{Name: bus.Topic(group + ".dlq"), Partitions: 1}); err != nil {
		d.Fatal(err)
	}
	for _, id := range ids {
		records, err := bus.Encode(d.Context(), placed().New(order{id}))
		if err != nil {
			d.Fatal(err)
		}
		letter := bus.DeadLetter{Record: records[0], Reason: bus.ReasonPermanent, Error: "no " + id, Attempts: 3}
		if err := d.bus.Publish(d.Context(), letter.Message(group)).Err(); err != nil {
			d.Fatal(err)
		}
	}
}

func (d *desk) dead(group string) (keys string) {
	d.Helper()
	for letter, err := range d.bus.DeadLetters(d.Context(), group) {
		if err != nil {
			d.Fatal(err)
		}
		keys += string(letter.Record.Key) + " "
	}
	return keys
}

func TestLetters(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.bury("mailer", "a", "b", "c")
	status, text := d.ask("GET", "/api/dead-letters", "")
	if status != http.StatusOK || strings.Count(text, `"shop.order.placed"`) < 3 || !strings.Contains(text, `"mailer/0@1"`) {
		t.Fatalf("%d %s", status, text)
	}
	if _, text := d.ask("GET", "/api/dead-letters/mailer%2F0@1", ""); !strings.Contains(text, `"no b"`) || !strings.Contains(text, `\"ID\": \"b\"`) {
		t.Error(text)
	}
	status, text = d.ask("POST", "/api/dead-letters/mailer%2F0@1/redrive", `{"reason":"mended"}`)
	if status != http.StatusOK || !strings.Contains(text, "outbox.event.order") {
		t.Errorf("%d %s", status, text)
	}
	if status, text := d.ask("POST", "/api/dead-letters/mailer%2F0@1/redrive", `{}`); status != http.StatusNotFound {
		t.Errorf("again: %d %s", status, text)
	}
	if status, text := d.ask("POST", "/api/dead-letters/mailer%2F0@2/discard", `{}`); status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d %s", status, text)
	}
	if status, text := d.ask("POST", "/api/dead-letters/mailer%2F0@2/discard", `{"reason":"a test"}`); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	if got := d.dead("mailer"); got != "a " {
		t.Errorf("dead are %q", got)
	}
	var back []string
	for received, err := range bus.Tail(t.Context(), d.bus, placed(), bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, received.Value.ID)
	}
	if strings.Join(back, " ") != "b" {
		t.Errorf("given back were %q", back)
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.bury("mailer", "a")
	if status, text := d.ask("POST", "/api/dead-letters/mailer%2F0@0/discard", `{"reason":"a test"}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	d.ask("POST", "/api/dead-letters/mailer%2F0@9/discard", `{"reason":"a test"}`)
	var told []string
	for record, err := range d.bus.Read(t.Context(), "outbox.event.console", bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		entry, err := console.Attempted.Decode(record)
		if err != nil || record.Type() != "millrace.console.attempted" || record.ID() == "" {
			t.Fatalf("%v %v", record, err)
		}
		told = append(told, string(entry.Outcome)+" "+entry.Row+" by "+string(entry.Principal)+": "+entry.Reason)
	}
	want := "asked mailer/0@0 by ann: a test|done mailer/0@0 by ann: a test|refused mailer/0@9 by ann: a test"
	if got := strings.Join(told, "|"); got != want {
		t.Errorf("the topic has %s", got)
	}
	if _, text := d.ask("GET", "/api/audit?search=discard&f.outcome=refused", ""); strings.Count(text, `"mailer/0@9"`) != 1 ||
		!strings.Contains(text, `"matched":1`) {
		t.Error(text)
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	d := open(t)
	_, text := d.ask("GET", "/api/sections", "")
	for _, name := range []string{
		"health", "lag", "shards", "outbox", "dead-letters", "sagas", "machines", "jobs", "webhooks", "topics", "push", "audit", "configuration",
	} {
		if !strings.Contains(text, `"name":"`+name+`"`) {
			t.Errorf("%s is not in %s", name, text)
		}
		if status, text := d.ask("GET", "/api/"+name, ""); status != http.StatusOK || strings.Contains(text, `"warning"`) {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
}
