package durable_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestCommands asks pods that are not the owner.
func TestCommands(t *testing.T) {
	t.Parallel()
	b := broker(t)
	one, two := start(t, b, "one", safes(), deriveSafes), start(t, b, "two", safes(), deriveSafes)
	id := "/safe/" + url.PathEscape(one.owned("two"))
	for i, test := range []struct {
		pod        *pod
		path, body string
		headers    []string
		status     int
		says       string
	}{
		{one, id + "/deposit", `{"coins":5}`, nil, 200, `{"coins":5}`},
		{two, id + "/deposit", `{"coins":5}`, nil, 200, `{"coins":10}`},
		{one, id + "/deposit", `{"coins":7}`, []string{`Idempotency-Key: "k"`}, 200, `{"coins":17}`},
		{two, id + "/deposit", `{"coins":7}`, []string{`Idempotency-Key: k`}, 200, `{"coins":17}`},
		{one, id + "/deposit", `{"coins":8}`, []string{`Idempotency-Key: k`}, 422, "used for another request"},
		{one, id + "/deposit", `{"coins":1}`, []string{`Idempotency-Key: k`, "Who: bob"}, 200, `{"coins":18}`},
		{one, id + "/deposit", `{"coins":7}`, []string{`Idempotency-Key: k`, "Of: other"}, 200, `{"coins":7}`},
		{one, id + "/count", ``, []string{"Of: third"}, 200, `{"coins":0}`},
		{one, id + "/deposit", `{"coins":99}`, []string{`Idempotency-Key: l`}, 409, `"code":"full"`},
		{one, id + "/deposit", `{"coins":1}`, []string{`Idempotency-Key: l`}, 200, `{"coins":19}`}, // what was refused is looked at anew
		{one, id + "/deposit", `{"coins":500}`, nil, 413, "no safe is that large"},
		{one, id + "/deposit", `{"coins":1000}`, nil, 500, "the server failed"},
		{one, id + "/deposit", `{"coins":0}`, nil, 422, `"#/coins"`},
		{one, id + "/deposit", `{"coins":1}`, []string{`Idempotency-Key: a b`}, 400, "Idempotency-Key"},
		{one, id + "/deposit", `{"coins":1}`, []string{"Who: eve"}, 403, "eve may not ask safe"},
		{one, id + "/deposit", `{"coins":1}`, []string{"Who: "}, 401, ""},
		{one, "/safe/%00/count", ``, nil, 400, "control characters"},
		{one, id + "/count", ``, nil, 200, `{"coins":19}`}, // nothing of what was refused remains
	} {
		answer := test.pod.send("POST", test.path, test.body, test.headers...)
		if test.pod.wants(answer, test.status, test.says); strings.Contains(answer.text, "confidential") {
			t.Errorf("%d: a failure is told: %s", i, answer.text)
		}
	}
}

// TestCommandThroughMoves sends requests with keys while the owners of their shards change: until each has its answer.
func TestCommandThroughMoves(t *testing.T) {
	t.Parallel()
	b := broker(t)
	one, two := start(t, b, "one", safes(), deriveSafes), start(t, b, "two", safes(), deriveSafes)
	one.owned("two")
	const all, each = 8, 20
	var senders sync.WaitGroup
	for s := range all {
		senders.Go(func() {
			for i := range each {
				key := fmt.Sprintf("Idempotency-Key: %d-%d", s, i)
				one.until(key+" is answered twice", func() bool {
					path := fmt.Sprintf("/safe/s%d/deposit", s)
					first, again := one.send("POST", path, `{"coins":1}`, key), one.send("POST", path, `{"coins":1}`, key)
					return first.status == 200 && again.status == 200 && first.text == again.text
				})
			}
		})
	}
	two.stop()
	three := start(t, b, "three", safes(), deriveSafes)
	one.owned("three")
	senders.Wait()
	for s := range all {
		answer := three.send("POST", fmt.Sprintf("/safe/s%d/count", s), "")
		three.wants(answer, 200, fmt.Sprintf(`{"coins":%d}`, each))
	}
}

// TestCommandAfterTimeout asks while nobody owns the shard: that is 504, and the same again is answered as the first once somebody does.
func TestCommandAfterTimeout(t *testing.T) {
	t.Parallel()
	b := broker(t)
	client := clientOf(t, b)
	if answer := client("deposit", "k"); answer.Code != 504 || !strings.Contains(answer.Body.String(), "may have been done, or be done later") {
		t.Errorf("nobody owns it: %d %s", answer.Code, answer.Body)
	}
	owner := start(t, b, "owner", safes(), deriveSafes)
	owner.until("it is answered", func() bool {
		answer := client("deposit", "k")
		return answer.Code == 200 && strings.Contains(answer.Body.String(), `{"coins":1}`)
	})
	answer := owner.send("POST", "/safe/s/count", "")
	owner.wants(answer, 200, `{"coins":1}`)
}

// clientOf is a node without shards, whose requests have half a second.
func clientOf(t *testing.T, b *bus.Bus) func(command, key string) *httptest.ResponseRecorder {
	t.Helper()
	group, err := partitions.New(b, "house", safes(), partitions.NodeID("client"), partitions.Shards(8), partitions.Weight(0),
		partitions.Advertise("client:1"), partitions.PeerSecret(bytes.Repeat([]byte("s"), 32)))
	if err != nil {
		t.Fatal(err)
	}
	a, router := api(t, group.Forwarded, 500*time.Millisecond)
	deriveSafes(a, group)
	t.Cleanup(run(t, group))
	return func(command, key string) *httptest.ResponseRecorder {
		for {
			answer := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/safe/s/"+command, strings.NewReader(`{"coins":1}`))
			for name, value := range map[string]string{"Content-Type": "application/json", "Who": "ada", "Of": "acme", "Idempotency-Key": key} {
				r.Header.Set(name, value)
			}
			if router.ServeHTTP(answer, r); answer.Code != 503 { // the node has begun
				return answer
			}
		}
	}
}
