package sagas

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/millrace/millrace/request"
)

// TestRecordedRows reads rows as the first version has stored them. What is here is never changed, only added to.
func TestRecordedRows(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 15, 0, 0, 5, time.UTC)
	const when = `"2026-11-28T15:00:00.000000005Z"`
	for text, want := range map[string]any{
		`{"status":"parked","told":"parked","started":` + when + `,"changed":` + when + `,"cancel":true,"reason":"r","parked":"p","was":"waiting",` +
			`"waits":[{"at":"1","kind":"step","name":"n","due":` + when + `,"attempt":2,"unknown":true,"since":` + when + `}],"inbox":1,"seen":["a"]}`: head{
			Status: Parked, Told: Parked, Started: at, Changed: at, Cancel: true, Reason: "r", Parked: "p", Was: Waiting,
			Waits: []wait{{At: "1", Kind: KindStep, Name: "n", Due: at, Attempt: 2, Unknown: true, Since: at}}, Inbox: 1, Seen: []string{"a"},
		},
		`{"input":{"in":{"a":1},"request":{"Tenant":"","Principal":"anna","ID":"7","Locale":"","Shard":{"Group":"","ID":0,"Node":"","Leader":false}}},` +
			`"entries":[{"at":"1","kind":"step","name":"n","order":1,"out":[1],"when":` + when + `},{"at":"1~","kind":"undo","name":"n",` +
			`"failed":{"kind":"cancelled","message":"m","attempts":2,"unknown":true},"when":` + when + `}]}`: page{
			Input: &input{In: json.RawMessage(`{"a":1}`), Request: request.Info{Principal: "anna", ID: "7"}},
			Entries: []Entry{
				{At: "1", Kind: KindStep, Name: "n", Order: 1, Out: json.RawMessage(`[1]`), When: at},
				{At: "1~", Kind: KindUndo, Name: "n", Failed: &Failure{Kind: FailedCancelled, Message: "m", Attempts: 2, Unknown: true}, When: at},
			},
		},
		`{"name":"n","value":"v"}`: signalled{Name: "n", Value: json.RawMessage(`"v"`)},
	} {
		got := reflect.New(reflect.TypeOf(want))
		if err := json.Unmarshal([]byte(text), got.Interface()); err != nil || !reflect.DeepEqual(got.Elem().Interface(), want) {
			t.Errorf("%+v, %v\nis not %+v", got.Elem(), err, want)
		}
		if again, err := json.Marshal(want); err != nil || string(again) != text {
			t.Errorf("%s, %v\nis not %s", again, err, text)
		}
	}
}
