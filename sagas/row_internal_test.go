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
			`"waits":[{"at":"1","kind":"step","name":"n","due":` + when + `,"attempt":2,"unknown":true,"since":` + when +
			`}],"inbox":1,"seen":["a"]}`: head{
			Status: Parked, Told: Parked, Started: at, Changed: at, Cancel: true, Reason: "r", Parked: "p", Was: Waiting,
			Waits: []wait{{At: "1", Kind: KindStep, Name: "n", Due: at, Attempt: 2, Unknown: true, Since: at}}, Inbox: 1, Seen: []string{"a"},
		},
		`{"input":{"in":{"a":1},"request":{"Tenant":"","Principal":"anna","ID":"7","Locale":"","Shard":{"Group":"","ID":0,"Node":"",` +
			`"Leader":false}}},` +
			`"entries":[{"at":"1","kind":"step","name":"n","order":1,"out":[1],"when":` + when + `},{"at":"1~","kind":"undo","name":"n",` +
			`"failed":{"kind":"cancelled","message":"m","attempts":2,"unknown":true},"when":` + when + `}]}`: page{
			Input: &input{In: json.RawMessage(`{"a":1}`), Request: request.Info{Principal: "anna", ID: "7"}},
			Entries: []Entry{
				{At: "1", Kind: KindStep, Name: "n", Order: 1, Out: json.RawMessage(`[1]`), When: at},
				{At: "1~", Kind: KindUndo, Name: "n", Failed: &Failure{Kind: FailedCancelled, Message: "m", Attempts: 2, Unknown: true}, When: at},
			},
		},
		`{"status":"running","started":` + when + `,"changed":` + when + `,"waits":[{"at":"1","kind":"call","name":"n","of":"c",` +
			`"given":"d"}],"tokens":2,"run":3,"began":` + when + `}`: head{
			Status: Running, Started: at, Changed: at, Tokens: 2, Run: 3, Began: at,
			Waits: []wait{{At: "1", Kind: KindCall, Name: "n", Of: "c", Given: "d"}},
		},
		`{"input":{"in":1,"request":{"Tenant":"","Principal":"","ID":"7","Locale":"","Shard":{"Group":"","ID":0,"Node":"","Leader":false}},` +
			`"secret":"s","trace":{"traceparent":"t"}},"entries":[{"at":"1","kind":"step","name":"n","given":"d","when":` + when + `}]}`: page{
			Input:   &input{In: json.RawMessage("1"), Request: request.Info{ID: "7"}, Secret: "s", Trace: traceOf{"traceparent": "t"}},
			Entries: []Entry{{At: "1", Kind: KindStep, Name: "n", Given: "d", When: at}},
		},
		`{"name":"n:0a","value":null,"spent":true}`: signalled{Name: "n:0a", Value: json.RawMessage("null"), Spent: true},
		`{"name":"n:0a","value":"v","proof":"p"}`:   signalled{Name: "n:0a", Value: json.RawMessage(`"v"`), Proof: "p"},
		`{"name":"n","value":"v"}`:                  signalled{Name: "n", Value: json.RawMessage(`"v"`)},
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
