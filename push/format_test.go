package push_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// payloads are what a record may hold, whatever its content type says.
func payloads() []string {
	return []string{
		`{"a":1}`, "a\nb", "\n", "x\n\n", "data: id: :", "\ufeff", "a\x00b", "", " lead", "{\n \"a\": \"<&>\"\n}", "{", "null", "\u2028",
		"a\r\nb", "\r", "\xff\x00",
	}
}

func TestFraming(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b)
	s := connect(t, url+"?channel=raw", "")
	for _, contentType := range []string{"", "application/json", "text/plain; charset=utf-8", "application/octet-stream"} {
		for _, payload := range payloads() {
			raw(t, b, "raw", contentType, []byte(payload))
			got, ok := s.next()
			if got.name == "raw;base64" {
				decoded, err := base64.StdEncoding.DecodeString(got.data)
				if err != nil {
					t.Errorf("%q: %v", payload, err)
				}
				got.data = string(decoded)
			} else if got.name != "raw" || contentType == "application/octet-stream" {
				t.Errorf("%q of %q arrived under the name %q", payload, contentType, got.name)
			}
			if !ok || got.data != payload {
				t.Errorf("%q of %q arrived as %+v", payload, contentType, got)
			}
		}
	}
}

// ndjson is one line of the NDJSON format.
type ndjson struct {
	Channel, Key, ID, Reset string
	Data                    json.RawMessage
	Base64                  *string
	Retry                   int64 `json:"retry_ms"`
}

func TestNDJSON(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b)
	resp := ask(t, url+"?channel=raw&channel=typed", "", "Accept", "application/x-ndjson")
	defer func() { _ = resp.Body.Close() }()
	if got := resp.Header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Fatalf("Content-Type %q", got)
	}
	lines := bufio.NewScanner(resp.Body)
	next := func() (l ndjson) {
		for lines.Scan() {
			l = ndjson{}
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				t.Fatalf("%q: %v", lines.Text(), err)
			}
			if l.Data != nil || l.Base64 != nil || l.Reset != "" || l.ID != "" {
				return l
			}
		}
		t.Fatal("the stream ended")
		return l
	}
	if begin := next(); begin.ID == "" || begin.Channel != "" {
		t.Errorf("the first id came as %+v", begin)
	}
	for _, contentType := range []string{"", "application/vnd.x+json", "text/plain", "application/octet-stream"} {
		for _, payload := range payloads() {
			raw(t, b, "raw", contentType, []byte(payload))
			got := next()
			if text := decodeLine(t, got); text != payload && compact(text) != compact(payload) {
				t.Errorf("%q of %q arrived as %s %v", payload, contentType, got.Data, got.Base64)
			}
			if got.Channel != "raw" || got.ID == "" {
				t.Errorf("a line without channel or id: %+v", got)
			}
		}
	}
	publish(t, b, push.Define[string]("typed"), "a key", "view")
	if got := next(); got.Channel != "typed" || got.Key != "a key" || string(got.Data) != `"view"` {
		t.Errorf("got %+v", got)
	}
	if resumed := ask(t, url+"?channel=raw", "nonsense", "Accept", "application/x-ndjson"); true {
		lines = bufio.NewScanner(resumed.Body)
		if got := next(); got.Reset == "" {
			t.Errorf("got %+v, not a reset", got)
		}
		_ = resumed.Body.Close()
	}
}

// decodeLine is the payload that a line carries.
func decodeLine(t *testing.T, l ndjson) string {
	t.Helper()
	if l.Base64 != nil {
		decoded, err := base64.StdEncoding.DecodeString(*l.Base64)
		if err != nil {
			t.Error(err)
		}
		return string(decoded)
	}
	var text string
	if err := json.Unmarshal(l.Data, &text); err != nil || string(l.Data) == "null" {
		return string(l.Data)
	}
	return text
}

func compact(text string) string {
	var into bytes.Buffer
	if json.Compact(&into, []byte(text)) != nil {
		return "not JSON: " + text
	}
	return into.String()
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b)
	for accept, want := range map[string]string{
		"": "text/event-stream", "*/*": "text/event-stream", "text/*": "text/event-stream", "text/event-stream": "text/event-stream",
		"application/x-ndjson": "application/x-ndjson", "application/*": "application/x-ndjson",
		"APPLICATION/X-NDJSON; q=0.1":                   "application/x-ndjson",
		"text/event-stream;q=0.5, application/x-ndjson": "application/x-ndjson", "text/html, */*;q=0.1": "text/event-stream",
		"*/*, text/event-stream;q=0": "application/x-ndjson", "application/json": "", "text/html": "", "*/*;q=0": "", "text/event-stream;q=x": "",
	} {
		resp := ask(t, url+"?channel=a", "", "Accept", accept)
		_ = resp.Body.Close()
		got := resp.Header.Get("Content-Type")
		switch {
		case want == "" && (resp.StatusCode != http.StatusNotAcceptable || got != "application/problem+json"):
			t.Errorf("Accept %q: %d %s, want 406", accept, resp.StatusCode, got)
		case want != "" && !strings.HasPrefix(got, want):
			t.Errorf("Accept %q: %d %s, want %s", accept, resp.StatusCode, got, want)
		}
	}
}
