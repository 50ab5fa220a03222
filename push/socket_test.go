package push_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

func TestSocketFollows(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b)
	news, blobs, texts := push.Define[string]("news"), push.Define("blobs", push.Binary()), push.Define("texts", push.Text())
	one, all := dial(t, url), dial(t, url)
	if how := one.follow("news", "1", ""); how != "fresh" {
		t.Errorf("outcome %q", how)
	}
	one.follow("news", "3", "")
	all.follow("news", "", "")
	all.follow("blobs", "", "")
	all.follow("texts", "", "")
	publish(t, b, news, "1", "a")
	publish(t, b, news, "2", "b")
	publish(t, b, news, "3", "c")
	if err := blobs.Publish(t.Context(), b, "k", []byte{0, 255}).Err(); err != nil {
		t.Fatal(err)
	}
	if err := texts.Publish(t.Context(), b, "k", "\"x\"\r\n").Err(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"a"`, `"c"`} {
		if got := one.next().Params; string(got.Data) != want || got.Channel != "news" {
			t.Errorf("got %+v, want %s", got, want)
		}
	}
	seen := map[string]bool{}
	for range 5 {
		got := all.next().Params
		seen[got.Channel+"/"+got.Key+" "+string(got.Data)+got.Base64] = true
	}
	for _, want := range []string{`news/1 "a"`, `news/2 "b"`, `news/3 "c"`, `blobs/k AP8=`, `texts/k "\"x\"\r\n"`} {
		if !seen[want] {
			t.Errorf("%s is not among %v", want, seen)
		}
	}
	if answer := one.call("push.unsubscribe", `{"channel":"news","key":"1"}`); string(answer.Result) != "{}" {
		t.Errorf("%+v", answer)
	}
	publish(t, b, news, "1", "not this")
	publish(t, b, news, "3", "this")
	if got := one.next().Params; string(got.Data) != `"this"` {
		t.Errorf("got %+v", got)
	}
}

func TestSocketResumes(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	memory, _ := sockets(t, b)
	kafka, _ := sockets(t, b, push.History(0, 0))
	news := push.Define[string]("news")
	first := dial(t, memory)
	first.follow("news", "", "")
	begin := first.lastID
	var sent []string
	for i := range 3000 {
		sent = append(sent, strings.Repeat("x", 1000)+string(rune('a'+i%26)))
	}
	publish(t, b, news, "k", sent...)
	for url, want := range map[string]string{memory: "memory", kafka: "kafka"} {
		since, from := begin, 0
		if want == "memory" {
			from = len(sent) - 500
			for range from {
				since = first.next().Params.ID
			}
		}
		c := dial(t, url)
		if how := c.follow("news", "", since); how != want {
			t.Errorf("outcome %q, want %q", how, want)
		}
		for _, early := range c.early { // a page's place is no place of the connection's other channels
			if early.Method == "push.position" {
				t.Errorf("%s: told of the place %s before it was live", want, early.Params.ID)
			}
		}
		for i, text := range sent[from:] {
			if got := c.next().Params; string(got.Data) != `"`+text+`"` {
				t.Fatalf("%s: message %d is %.40s", want, i+from, got.Data)
			}
		}
		publish(t, b, news, "k", "live "+want)
		if got := c.next().Params; string(got.Data) != `"live `+want+`"` {
			t.Errorf("got %.40s", got.Data)
		}
		_ = c.conn.CloseNow()
		if want == "kafka" {
			sent = append(sent, "live kafka")
		} else {
			sent = append(sent, "live memory")
		}
	}
	if how := dial(t, memory).follow("news", "", "nonsense"); how != "reset" {
		t.Errorf("outcome %q", how)
	}
}
