package push

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// TestLineHasJSONAsWritten compares with what encoding/json takes, and how it leaves out white space.
func TestLineHasJSONAsWritten(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{
		`{"a":1,"a":2}`, `"\ud800"`, `"\u2028<&>\/"`, "\"\u2028\"", "[ 1 ,\n2.50e+3\t]", ` null `, `1 2`, `{"a":}`, `01`, `-0`, "", "{", `"` + "\x01" + `"`,
		`{"b":{},"a":[]}`, `123456789012345678901234567890.10`, strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000), "\"\x7f\"",
	} {
		m := &message{channel: "orders", payload: []byte(payload)}
		got := string(m.appendLine(nil, "1"))
		var compact bytes.Buffer
		if json.Compact(&compact, m.payload) != nil {
			text, _ := json.Marshal(payload)
			compact.Reset()
			compact.Write(text)
		}
		if want := `{"channel":"orders","id":"1","data":` + compact.String() + "}"; got != want {
			t.Errorf("%.40q became %.100s, and not %.100s", payload, got, want)
		}
	}
}

func TestFrameHeads(t *testing.T) {
	t.Parallel()
	for size, head := range map[int]string{
		0: "\x81\x00", 125: "\x81\x7d", 126: "\x81\x7e\x00\x7e", 65535: "\x81\x7e\xff\xff", 65536: "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
	} {
		payload := bytes.Repeat([]byte("x"), size)
		if got := framed(opText, payload); string(got) != head+string(payload) {
			t.Errorf("%d bytes: %x", size, got[:min(len(got), longestHead)])
		}
	}
}
