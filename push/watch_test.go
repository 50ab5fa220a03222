package push_test

import (
	"encoding/json"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// TestWatchers holds that who watches is told of who comes and goes, on whatever hub, until it watches no more.
func TestWatchers(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	presence, tokens := push.Presence("room"), push.Tokens(granter{present: true})
	many := push.Calls(64, 100_000)
	here, _ := sockets(t, b, presence, tokens, many)
	there, _ := sockets(t, b, presence, tokens, many)
	watcher := dial(t, here, "Authorization", "Bearer 1/w/room")
	if answer := watcher.call("push.presence",
		`{"channel":"room","key":"1","watch":true}`); string(answer.Result) != `{"connections":0,"principals":0,"members":{}}` {
		t.Fatalf("%s %+v", answer.Result, answer.Error)
	}
	moved := func() (joined, left []string) {
		t.Helper()
		for {
			message, err := watcher.read()
			if err != nil {
				t.Fatal(err)
			}
			if message.Method == "push.presence" {
				return message.Params.Joined, message.Params.Left
			}
		}
	}
	one := dial(t, there, "Authorization", "Bearer 1/x/room")
	one.follow("room", "1", "")
	if joined, left := moved(); len(joined) != 1 || joined[0] != "userx" || left != nil {
		t.Errorf("joined %v, left %v", joined, left)
	}
	two := dial(t, here, "Authorization", "Bearer 1/x/room")
	two.follow("room", "1", "") // the same one again: nobody is told
	three := dial(t, here, "Authorization", "Bearer 1/y/room")
	three.follow("room", "1", "")
	if joined, left := moved(); len(joined) != 1 || joined[0] != "usery" || left != nil {
		t.Errorf("joined %v, left %v", joined, left)
	}
	var now push.Attendance
	if answer := watcher.call("push.presence", `{"channel":"room","key":"1"}`); json.Unmarshal(answer.Result, &now) != nil ||
		now.Connections != 3 || now.Principals != 2 || now.Members["userx"].Connections != 2 {
		t.Errorf("%+v", now)
	}
	_ = one.conn.CloseNow()
	if answer := two.call("push.unsubscribe", `{"channel":"room","key":"1"}`); answer.Error != nil {
		t.Error(answer.Error)
	}
	if joined, left := moved(); len(left) != 1 || left[0] != "userx" || joined != nil {
		t.Errorf("joined %v, left %v", joined, left)
	}
	watcher.call("push.presence", `{"channel":"room","key":"1","watch":false}`)
	_ = three.conn.CloseNow()
	two.follow("room", "1", "")
	for there := true; there; {
		var then push.Attendance
		if answer := watcher.call("push.presence", `{"channel":"room","key":"1"}`); json.Unmarshal(answer.Result, &then) != nil {
			t.Fatal(answer.Error)
		}
		_, stays := then.Members["usery"]
		there = stays || then.Connections != 1
	}
	for _, early := range watcher.early {
		if early.Method == "push.presence" {
			t.Errorf("told though it does not watch: %+v", early.Params)
		}
	}
}

func TestPresenceRefusals(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	presence := push.Presence("room")
	allowed, _ := sockets(t, b, presence, push.Tokens(granter{present: true}))
	watcher := dial(t, allowed, "Authorization", "Bearer 1/w/room,other")
	for params, code := range map[string]int{`{"channel":"other"}`: -32004, `{}`: -32602, `{"channel":"room","watch":1}`: -32602} {
		if answer := watcher.call("push.presence", params); answer.Error == nil || answer.Error.Code != code {
			t.Errorf("%s: %+v", params, answer.Error)
		}
	}
	denied, _ := sockets(t, b, presence, push.Tokens(granter{}))
	if answer := dial(t, denied, "Authorization", "Bearer 1/w/room").call("push.presence", `{"channel":"room"}`); answer.Error == nil ||
		answer.Error.Code != -32003 {
		t.Errorf("%+v", answer)
	}
}
