package main_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func TestPublishAndTail(t *testing.T) {
	t.Parallel()
	at := bustest.Broker(t)
	b, err := bus.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "outbox.event.order", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	const event = `{"specversion":"1.0","id":"e1","source":"/test","type":"shop.order.shipped","subject":"8","data":{"n":1}}`
	for _, step := range []struct {
		input string
		args  []string
	}{
		{"", []string{`{"id":"7"}`, "--key", "7", "--type", "shop.order.placed", "-H", "x=y"}},
		{event + "\n", []string{"--cloudevents"}},
		{"one\n\ntwo\n", nil},
		{"", []string{"--tombstone", "--key", "7"}},
		{"", []string{"\xff", "--key", ""}},
	} {
		args := append([]string{"publish", "outbox.event.order", "--kafka", at}, step.args...)
		if _, errs, code := command(t, step.input, args...); code != 0 {
			t.Fatalf("%v: %d: %s", args, code, errs)
		}
	}
	type line struct {
		Key, ID, Type string
		Headers       []struct{ Key, Value string }
		Value         any
		ValueBase64   []byte `json:"value_base64"`
	}
	out, errs, code := command(t, "", "tail", "outbox.event.order", "--kafka", at, "--from", "earliest", "-n", "6", "--json")
	lines := jsonLines[line](t, out)
	if code != 0 || len(lines) != 6 {
		t.Fatalf("tail: %d, %d lines: %s%s", code, len(lines), out, errs)
	}
	if l := lines[0]; l.Key != "7" || l.Type != "shop.order.placed" || l.ID == "" || l.Headers[len(l.Headers)-1].Value != "y" {
		t.Errorf("--type made %+v", l)
	}
	if l := lines[1]; l.Key != "8" || l.ID != "e1" || l.Type != "shop.order.shipped" {
		t.Errorf("--cloudevents made %+v", l)
	}
	if lines[2].Value != "one" || lines[3].Value != "two" || lines[4].Value != nil || string(lines[5].ValueBase64) != "\xff" {
		t.Errorf("values %+v", lines[2:])
	}
	out, _, _ = command(t, "", "tail", "shop.order.shipped", "--kafka", at, "--from", "1h", "--until-end", "--headers")
	if strings.Count(out, "ce_id: e1") != 1 || strings.Contains(out, "one") {
		t.Errorf("by type: %s", out)
	}
	out, _, _ = command(t, "", "topics", "--kafka", at)
	if !strings.Contains(out, "outbox.event.order") {
		t.Errorf("topics: %s", out)
	}
	for _, wrong := range [][]string{
		{"tail", "nothing.here"}, {"publish", "nothing", "x"}, {"topics", "describe", "nothing"}, {"tail", "outbox.event.order", "--from", "x"},
	} {
		if _, errs, code := command(t, "", append(wrong, "--kafka", at)...); code == 0 || errs == "" {
			t.Errorf("%v: %d %q", wrong, code, errs)
		}
	}
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	at := bustest.Broker(t)
	b, err := bus.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	specs := []bus.TopicSpec{{Name: "mailer.dlq", Partitions: 1}, {Name: "mailer.retry", Partitions: 1}}
	if err := b.Create(t.Context(), specs...); err != nil {
		t.Fatal(err)
	}
	letter := bus.Record{Topic: "mailer.dlq", Key: []byte("7"), Value: []byte("{")}
	if err := b.Publish(t.Context(), letter.Message()).Err(); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		says string
	}{
		{[]string{"mailer"}, "0@0"},
		{[]string{"show", "mailer", "0@0"}, "dead letter  0@0"},
		{[]string{"redrive", "mailer", "--dry-run"}, "would give back 1 of 1"},
		{[]string{"redrive", "mailer", "0@0"}, "gave back 1 of 1"},
		{[]string{"redrive", "mailer"}, "gave back 0 of 0"},
	} {
		out, errs, code := command(t, "", append(append([]string{"deadletters"}, step.args...), "--kafka", at)...)
		if code != 0 || !strings.Contains(out, step.says) {
			t.Errorf("%v: %d %s%s", step.args, code, out, errs)
		}
	}
}
