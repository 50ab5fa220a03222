package jsonrpc_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/millrace/millrace/push/internal/jsonrpc"
)

func TestSpecification(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		`{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}`:   `subtract [42,23] 1 0`,
		`{"jsonrpc":"2.0","method":"subtract","params":{"a":1},"id":"x"}`: `subtract {"a":1} "x" 0`,
		`{"jsonrpc":"2.0","method":"update","params":null}`:               `update   0`,
		`{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]`:    `-32700`,
		`{"jsonrpc": "2.0", "method": 1, "params": "bar"}`:                `   -32600`,
		`[]`:     `-32600`,
		` [1,2]`: `   -32600|   -32600`,
		`[{"jsonrpc":"2.0","method":"a","id":"1"},{"foo":"boo"}]`:                                     `a  "1" 0|   -32600`,
		`[` + strings.Repeat(`1,`, 100) + `1]`:                                                        `-32600`,
		`{"jsonrpc":"1.0","method":"a","id":7}`:                                                       `  7 -32600`,
		`{"jsonrpc":"2.0","method":"a","id":{"a":1}}`:                                                 `   -32600`,
		`{"jsonrpc":"2.0","method":"a","id":null}`:                                                    `   -32600`,
		`{"jsonrpc":"2.0","method":"a","id":-1.5,"headers":[["b","c"]],"traceId":"t","discard":true}`: `a  -1.5 0`,
		`{"jsonrpc":"2.0","method":"` + "\xff" + `"}`:                                                 `-32700`,
		`5`: `   -32600`,
		``:  `-32700`,
	} {
		requests, _, err := jsonrpc.Parse([]byte(message))
		var got []string
		for _, r := range requests {
			code := 0
			if r.Err != nil {
				code = r.Err.Code
			}
			got = append(got, strings.Join([]string{r.Method, string(r.Params), string(r.ID), number(code)}, " "))
		}
		if err != nil {
			got = append(got, number(err.Code))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s: %q, want %q", message, strings.Join(got, "|"), want)
		}
	}
	for got, want := range map[string]string{
		string(jsonrpc.Result(json.RawMessage(`"a"`), json.RawMessage(`{"b":1}`))): `{"jsonrpc":"2.0","id":"a","result":{"b":1}}`,
		string(jsonrpc.Result(json.RawMessage(`1`), nil)):                          `{"jsonrpc":"2.0","id":1,"result":null}`,
		string(jsonrpc.Chunk(json.RawMessage(`1`), json.RawMessage(`[2]`))):        `{"jsonrpc":"2.0","id":1,"chunk":true,"result":[2]}`,
		string(jsonrpc.Failure(nil, &jsonrpc.Error{
			Code:    -32700,
			Message: "<no>",
		})): `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"<no>"}}`,
		string(jsonrpc.Notification("a", nil)):                                     `{"jsonrpc":"2.0","method":"a"}`,
		string(jsonrpc.Notification("a", json.RawMessage(`{}`))):                   `{"jsonrpc":"2.0","method":"a","params":{}}`,
		string(jsonrpc.Batch([][]byte{jsonrpc.Result(json.RawMessage(`1`), nil)})): `[{"jsonrpc":"2.0","id":1,"result":null}]`,
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func number(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`[{"jsonrpc":"2.0","method":"a","id":1,"params":{"requestId":1,"id":2}}]`))
	f.Fuzz(func(t *testing.T, message []byte) {
		requests, _, _ := jsonrpc.Parse(message)
		for _, r := range requests {
			_ = r.Call()
			if answer := jsonrpc.Failure(r.ID, &jsonrpc.Error{Message: r.Method}); !json.Valid(answer) {
				t.Errorf("%s", answer)
			}
		}
	})
}
