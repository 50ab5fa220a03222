package partitions

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
)

// TestRecordedState reads what this version writes as it was recorded, and what a later one may write.
func TestRecordedState(t *testing.T) {
	t.Parallel()
	const mark = "millrace1 consumer-7f ledger.node-1.0a1b2c3d 1 3 live"
	want := ownerMark{member: "consumer-7f", prefix: "ledger.node-1.0a1b2c3d", lane: 1, size: 3, live: true}
	for _, text := range []string{mark, mark + " later"} {
		if got, ok := parseMark(text); !ok || got != want {
			t.Errorf("%q is read as %+v, %t", text, got, ok)
		}
	}
	if got := want.String(); got != mark {
		t.Errorf("the mark is written as %q, and was %q", got, mark)
	}
	for _, foreign := range []string{"", "millrace9 a b 1 3 live", "checkpoint", "millrace1 a b x 3 live", "millrace1 a b 1 0 live"} {
		if got, ok := parseMark(foreign); ok {
			t.Errorf("%q is taken for %+v", foreign, got)
		}
	}

	const claimed = `{"version":1,"node":"node-1","address":"10.0.0.7:80","member":"consumer-7f","generation":4,"transactions":["a/1/0"]}`
	wrote, err := json.Marshal(claim{
		Version: claimVersion, Node: "node-1", Address: "10.0.0.7:80", Member: "consumer-7f", Generation: 4, Transactions: []string{"a/1/0"},
	})
	if err != nil || string(wrote) != claimed {
		t.Errorf("a claim is written as %s, and was %s", wrote, claimed)
	}

	f := form{version: 2, ttl: time.Minute, upgrade: func(_ int, b []byte) ([]byte, error) { return append(b, '+'), nil }}
	at := time.UnixMilli(1_700_000_000_000)
	const stored = "\x00M\x02\xe0\xa4\x99\xff\xbc1value"
	if got := f.seal([]byte("value"), at); string(got) != stored {
		t.Errorf("a value is stored as %q, and was %q", got, stored)
	}
	for text, want := range map[string]string{stored: "value", "\x00M\x01\x00value": "value+", "value": "value++"} {
		if got, err := f.open([]byte(text), at); err != nil || string(got) != want {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	}
	if got, err := f.open([]byte(stored), at.Add(time.Minute)); err != nil || got != nil {
		t.Errorf("an expired value is read as %q, %v", got, err)
	}

	e := &engine{config: &config{name: "ledger"}, bus: &bus.Bus{}}
	const parked = "\x00\x00\x80\xa0\xab\xfe\xf9b\x00\x02k\x02v\x02\x02h\x02x"
	record := bus.Record{Time: at, Key: []byte("k"), Value: []byte("v"), Headers: bus.Headers{{Key: "h", Value: []byte("x")}}}
	row := formatParked(&record)
	letter, err := e.parseParked(row)
	if err != nil || string(letter.Record.Key) != "k" || string(letter.Record.Value) != "v" || len(letter.Record.Headers) != 1 {
		t.Errorf("%q is read as %+v, %v", row, letter.Record, err)
	}
	if string(row) != parked {
		t.Errorf("a parked record is stored as %+q, and was %+q", row, parked)
	}
}
