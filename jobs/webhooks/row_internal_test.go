package webhooks

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"
)

// TestRecordedRows reads rows and records as version 1 of this package has written them. The texts must stay as they are.
func TestRecordedRows(t *testing.T) {
	t.Parallel()
	for text, into := range map[string]any{
		`{"id":"ep_1","tenant":"acme","url":"https://example.com/hooks","description":"d","types":["order.*"],"ordered":true,"rate":5,` +
			`"scheme":"v1a","public_key":"whpk_x","header_names":["X-Key"],"enabled":false,"disabled":"410","created":"2026-11-25T12:00:00Z",` +
			`"changed":"2026-11-25T12:00:00Z","version":3,"secrets":[{"sealed":{"key":"k1","data":"AQI="},"until":"0001-01-01T00:00:00Z"}],` +
			`"headers":{"key":"k1","data":"AQI="}}`: new(endpointRow),
		`{"version":"v","endpoints":2}`: new(tenantRow),
		`{"queued":1,"attempts":2,"delivered":3,"dead":4,"failures":5,"trips":6,"failing_since":"2026-11-25T12:00:00Z",` +
			`"held_until":"2026-11-25T12:00:00Z","last_success":"2026-11-25T12:00:00Z","last_failure":"2026-11-25T12:00:00Z"}`: new(stateRow),
		`{"event":"msg_1","type":"order.placed","time":"2026-11-25T12:00:00Z","body":{"type":"order.placed"},"seq":7,` +
			`"due":"2026-11-25T12:00:00Z","tries":2,"replay":"r"}`: new(queuedRow),
		`{"waits":true,"replay":"r"}`: new(seenRow),
		`{"event":"msg_1","type":"order.placed","number":2,"at":"2026-11-25T12:00:00Z","took":5000000,"status":500,"failed":"f","excerpt":"x",` +
			`"outcome":"failed","next":"2026-11-25T12:00:00Z"}`: new(Attempt),
		`{"event":"msg_1","type":"order.placed","reason":"r","attempts":10,"status":500,"failed":"f","happened":"2026-11-25T12:00:00Z",` +
			`"died":"2026-11-25T12:00:00Z"}`: new(deadRow),
		`{"event":"msg_1","type":"order.placed","reason":"r","attempts":10,"happened":"2026-11-25T12:00:00Z",` +
			`"died":"2026-11-25T12:00:00Z","number":7}`: new(deadRow),
		`{"event":"msg_1"}`: new(deathRow),
		`{"dead":9,"forgotten":4,"failing_since":"2026-11-25T12:00:00Z","held_until":"2026-11-25T12:00:00Z","last_success":"2026-11-25T12:00:00Z",` +
			`"last_failure":"2026-11-25T12:00:00Z"}`: new(stateRow),
		`{"tenant":"acme","endpoint":"ep_1","event":"msg_1","type":"order.placed","time":"2026-11-25T12:00:00Z","body":{},"replay":"r",` +
			`"dead":true}`: new(delivery),
		`{"tenant":"acme","event":{"id":"msg_1","type":"order.placed","time":"2026-11-25T12:00:00Z","data":{"id":1}}}`: new(happened),
		`{"tenant":"acme","id":"ep_1","version":3,"reason":"r"}`:                                                       new(off),
	} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if again, err := json.Marshal(into); err != nil || string(again) != text {
			t.Errorf("%T is written\n%s\nand was\n%s\n%v", into, again, text, err)
		}
	}
}

// TestQueueOrder orders deliveries by when they are due and then as they came, and at an endpoint with an order as they came.
func TestQueueOrder(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	rows := []queuedRow{
		{Seq: 9, Due: now.Add(-time.Second)},
		{Seq: 1, Due: now},
		{Seq: 255, Due: now},
		{Seq: 256, Due: now},
		{Seq: 2, Due: now.Add(time.Hour)},
	}
	var unordered, ordered []string
	for _, q := range rows {
		unordered, ordered = append(unordered, queueKey("acme/ep", false, q)), append(ordered, queueKey("acme/ep", true, q))
	}
	if !slices.IsSorted(unordered) {
		t.Errorf("%v", unordered)
	}
	slices.Sort(ordered)
	if want := []int{1, 4, 0, 2, 3}; !reflect.DeepEqual(ordered, slices.Collect(func(yield func(string) bool) {
		for _, i := range want {
			if !yield(queueKey("acme/ep", true, rows[i])) {
				return
			}
		}
	})) {
		t.Errorf("%v", ordered)
	}
	if !within(unordered[0], "acme/ep") || within(unordered[0], "acme/e") || within("acme/ep", "acme/ep") {
		t.Error("a row is taken for another endpoint's")
	}
}

// TestBodyIsFixed writes a body as JSON again and again: its bytes stay, so that each attempt has the same.
func TestBodyIsFixed(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{"a": [1,  2], "html": "<a & b>", "u": "\u2028é\ud83d"}`, `1e400`, `"\u0000"`, ` null `} {
		body, err := Event{Type: "a", Data: json.RawMessage(data)}.body()
		if err != nil {
			t.Fatal(err)
		}
		row := queuedRow{Body: body}
		for range 3 {
			text, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			row = queuedRow{}
			if err := json.Unmarshal(text, &row); err != nil {
				t.Fatal(err)
			}
			if string(row.Body) != string(body) {
				t.Errorf("%s became %s", body, row.Body)
			}
		}
	}
}
