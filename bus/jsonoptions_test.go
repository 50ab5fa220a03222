package bus_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
)

// What the codec takes and what it makes of it is what encoding/json says, but for nulls and unknown fields.
func TestJSONIsEncodingJSON(t *testing.T) {
	t.Parallel()
	type amounts struct {
		Exact json.Number            `json:"exact"`
		More  map[string]json.Number `json:"more,omitempty"`
		Any   any                    `json:"any,omitempty"`
		Raw   json.RawMessage        `json:"raw,omitempty"`
		Bytes []byte                 `json:"bytes,omitempty"`
		Few   [2]int8                `json:"few"`
		Wait  time.Duration          `json:"wait"`
	}
	codec := bus.JSON[amounts]()
	for _, text := range []string{
		`{"exact":12.50,"more":{"a":1e400},"any":[1,"x",{"b":1}]}`, `{"exact":"7"}`, `{"exact":"seven"}`, `{"exact":true}`,
		`{"EXACT":1,"Wait":5}`, `{"exact":1,"exact":2}`, `{"few":[1,2,3]}`, `{"few":[1]}`, `{"few":[300]}`, `{"wait":"5s"}`,
		`{"raw": {"a": [1,  2]}}`, `{"bytes":"YWJj"}`, `{"bytes":"YWJj\n"}`, `{"bytes":[97]}`, `{"more":{"a":{}}}`, "{\"any\":\"\xff\"}",
		`{"any":"\ud800"}`, `{"wait":1.0}`, `{"wait":1e3}`, `{"more":[]}`, `[]`, `{"exact":1}x`, `{"exact":01}`, `{"exact":-0}`, ``, ` `,
	} {
		var want amounts
		wantErr := json.Unmarshal([]byte(text), &want)
		got, err := codec.Decode([]byte(text))
		if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; encoding/json says %+v, %v", text, got, err, want, wantErr)
		}
	}
	out, err := codec.Encode(amounts{Exact: "12.50", Any: json.Number("3")})
	if want := `{"exact":12.50,"any":3,"few":[0,0],"wait":0}`; string(out) != want || err != nil {
		t.Errorf("%s, %v", out, err)
	}
	if _, err := codec.Decode([]byte(`{"more":{"secret":[]}}`)); err == nil || !strings.Contains(err.Error(), `field "more{}" at byte`) {
		t.Error(err)
	}
}

func TestTagsOfLaterGoAreRefused(t *testing.T) {
	t.Parallel()
	type hex struct {
		Sum []byte `json:"sum,format:hex"`
	}
	codec := bus.JSON[map[string][]*hex]()
	_, errEncode := codec.Encode(nil)
	_, errDecode := codec.Decode([]byte(`{}`))
	_, errSchema := codec.Schema()
	for _, err := range []error{errEncode, errDecode, errSchema} {
		if !errors.Is(err, bus.ErrContract) || !strings.Contains(err.Error(), `"format:hex"`) {
			t.Error(err)
		}
	}
}
