package jobs

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"

	"github.com/millrace/millrace/partitions"
)

// recorded is a row as the first version has written it.
const recorded = "01096d61696c2e73656e6402010403010304010205010506010107010108098080808080808080100901030a01040b0a8080" +
	"80808080808080010c056461696c790d013c0e04616e6e610f02723110026465110930302d312d322d30311203613d621307" +
	"6e6f74206e6f771401011502067115020170160101170102180468616c661901371a077b226e223a317d"

func whole() *row {
	return &row{
		key: "acme/daily#1", kind: "mail.send", state: Retrying, priority: 3, attempts: 2, starts: 5, lost: 1, created: 1, due: 1 << 60,
		changed: 3, started: 4, stamp: 1 << 63, unique: "daily", window: 60, principal: "anna", request: "r1", locale: "de", trace: "00-1-2-01",
		vendors: "a=b", reason: "not now", cancelled: true, asking: []partitions.Question{{ID: "q", To: 3}, {ID: "p", To: -1}},
		progress: Progress{1, 2, "half"}, result: []byte("7"), args: []byte(`{"n":1}`),
	}
}

// TestRows writes rows and reads them, also with fields that a later version has added; damaged ones are refused.
func TestRows(t *testing.T) {
	t.Parallel()
	for _, r := range []*row{
		whole(), {key: "/1", kind: "a", args: []byte{}}, {key: "/2", kind: "a", roles: "admin,clerk", session: "s1", args: []byte("{}")},
	} {
		value := r.encode()
		if len(r.args) > 0 && &r.args[0] != &value[len(value)-len(r.args)] {
			t.Error("the args are not a part of the value")
		}
		got, err := decode(r.key, append([]byte{200, 3, 'n', 'e', 'w'}, value...))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.args) == 0 {
			got.args = []byte{}
		}
		if !reflect.DeepEqual(got, r) {
			t.Errorf("%+v, want %+v", got, r)
		}
		for cut := range len(value) - 1 {
			if short, err := decode(r.key, value[:cut+1]); err == nil && bytes.Equal(short.encode(), value) {
				t.Errorf("a value cut at %d is read as whole", cut+1)
			}
		}
	}
}

// FuzzRow reads anything without a panic, and what it reads is written again as it is.
func FuzzRow(f *testing.F) {
	f.Add(whole().encode())
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, value []byte) {
		r, err := decode("/1", value)
		if err != nil {
			return
		}
		again, err := decode("/1", r.encode())
		if err != nil || !bytes.Equal(again.encode(), r.encode()) {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestRecordedRow reads a row that the first version has written.
func TestRecordedRow(t *testing.T) {
	t.Parallel()
	value, err := hex.DecodeString(recorded)
	if err != nil {
		t.Fatal(err)
	}
	r, err := decode("acme/daily#1", value)
	if err != nil || !reflect.DeepEqual(r, whole()) {
		t.Errorf("%+v, %v; now it is %x", r, err, whole().encode())
	}
}
