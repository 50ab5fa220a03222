package push_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

// household serves a hub in all ways to whom "who" names.
func household(t *testing.T, b *bus.Bus) (hub *push.Hub, url string) {
	t.Helper()
	hub, ready := running(t, b, push.Presence("room"), push.Auth(func(r *http.Request) (push.Grant, error) {
		return push.Grant{Principal: request.Principal(r.FormValue("who")), Subscribe: []string{"room"}, Present: []string{"room"}}, nil
	}))
	mux := http.NewServeMux()
	mux.Handle("/sse", hub.SSE())
	mux.Handle("/ws", hub.WebSocket())
	mux.Handle("/poll", hub.Poll())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	<-ready
	return hub, server.URL
}

// ann fails unless she is present so many times within a while.
func ann(t *testing.T, hub *push.Hub, want int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); hub.Present("", "room",
		"").Members["ann"].Connections != want; <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("present are %+v, want %d of ann", hub.Present("", "room", ""), want)
		}
	}
}

// TestDuplicateTabs holds that connections of one principal, also such as begin at the same id, are each served for themselves, and are one
// who is present.
func TestDuplicateTabs(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	hub, url := household(t, b)
	socket := strings.Replace(url, "http", "ws", 1) + "/ws?who="
	watcher := dial(t, socket+"bob")
	if answer := watcher.call("push.presence", `{"channel":"room","watch":true}`); answer.Error != nil {
		t.Fatal(answer.Error)
	}
	room, at := push.Define[string]("room"), url+"/sse?who=ann&channel=room"
	first := connect(t, at, "")
	begin := first.lastID
	publish(t, b, room, "k", "0", "1")
	tabs := []*stream{first, connectFrom(t, at, begin), connectFrom(t, at, begin)}
	sockets := []*caller{dial(t, socket+"ann"), dial(t, socket+"ann")}
	for _, c := range sockets {
		c.follow("room", "", begin)
	}
	publish(t, b, room, "k", "2", "3")
	for i := range 4 {
		want := fmt.Sprintf(`"%d"`, i)
		for n, tab := range tabs {
			if got, _ := tab.next(); got.data != want {
				t.Errorf("tab %d got %+v, want %s", n, got, want)
			}
		}
		for n, c := range sockets {
			if got := c.next().Params; string(got.Data) != want {
				t.Errorf("WebSocket %d got %s, want %s", n, got.Data, want)
			}
		}
	}
	for range 2 {
		if data, _, _ := polled(t, url+"/poll?who=ann&channel=room&last_event_id="+begin); len(data) != 4 {
			t.Errorf("a poll got %v", data)
		}
	}
	ann(t, hub, 5)
	tabs[0].close()
	tabs[1].close()
	_ = sockets[0].conn.CloseNow()
	ann(t, hub, 2)
	publish(t, b, room, "k", "4")
	if got, _ := tabs[2].next(); got.data != `"4"` {
		t.Errorf("the tab that stays got %+v", got)
	}
	tabs[2].close()
	_ = sockets[1].conn.CloseNow()
	ann(t, hub, 0)
	for _, want := range []string{"joined [ann] left []", "joined [] left [ann]"} {
		for {
			message, err := watcher.read()
			if err != nil {
				t.Fatal(err)
			}
			if message.Method != "push.presence" {
				continue
			}
			if got := fmt.Sprintf("joined %v left %v", message.Params.Joined, message.Params.Left); got != want {
				t.Errorf("who watches was told %s, want %s", got, want)
			}
			break
		}
	}
}
