package push_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// TestLatest lets a client fall behind by much more than its queue takes: it misses what was replaced, and ends with the newest of each key.
func TestLatest(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b, push.Latest("prices"), push.Queue(100, 8<<20))
	slow, quick := handshake(t, url), dial(t, url)
	slow.write(0x81, `{"jsonrpc":"2.0","id":1,"method":"push.subscribe","params":{"channel":"prices"}}`)
	if _, _, err := slow.read(); err != nil {
		t.Fatal(err)
	}
	quick.follow("prices", "", "")
	prices := push.Define[string]("prices")
	const keys, rounds = 20, 100
	pad := strings.Repeat("x", 10_000)
	for round := range rounds {
		for key := range keys {
			publish(t, b, prices, fmt.Sprint(key), fmt.Sprint(round)+pad)
		}
		for range keys {
			quick.next()
		}
	}
	seen, got := map[string]int{}, 0
	for done := 0; done < keys; got++ {
		head, text, err := slow.read()
		if err != nil {
			t.Fatal(err)
		}
		if head != 0x81 { // a ping
			continue
		}
		var m told
		var view string
		if json.Unmarshal([]byte(text), &m) == nil && m.Method == "push.position" {
			continue
		}
		if json.Unmarshal(m.Params.Data, &view) != nil {
			t.Fatalf("%.100s", text)
		}
		round, err := strconv.Atoi(strings.TrimSuffix(view, pad))
		if last, had := seen[m.Params.Key]; err != nil || had && round <= last {
			t.Fatalf("key %s is at %d after %d", m.Params.Key, round, last)
		}
		if seen[m.Params.Key] = round; round == rounds-1 {
			done++
		}
	}
	if got >= keys*rounds {
		t.Error("nothing was replaced: the client was not behind")
	}
}

func TestRecent(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b)
	c := dial(t, url)
	c.follow("news", "", "")
	news := push.Define[string]("news")
	for i := range 10 {
		publish(t, b, news, fmt.Sprint(i%2), fmt.Sprint(i))
		c.next()
	}
	for params, want := range map[string]string{
		`{"channel":"news","limit":3}`:           `789`,
		`{"channel":"news","key":"0","limit":2}`: `68`,
		`{"channel":"news"}`:                     `0123456789`,
		`{"channel":"other"}`:                    ``,
	} {
		answer := c.call("push.history", params)
		var recent struct {
			ID       string
			Messages []struct {
				Data, ID string
			}
		}
		if err := json.Unmarshal(answer.Result, &recent); err != nil || recent.ID == "" {
			t.Fatal(err, answer)
		}
		got := ""
		for _, m := range recent.Messages {
			got += m.Data
		}
		if got != want {
			t.Errorf("%s: %s", params, got)
		}
	}
	for _, params := range []string{`{"channel":"news","limit":1001}`, `{"channel":"news","limit":-1}`, `{}`} {
		if answer := c.call("push.history", params); answer.Error == nil || answer.Error.Code != -32602 {
			t.Errorf("%s: %+v", params, answer)
		}
	}
}
