package push

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// lines frames as NDJSON: one JSON object a line.
type lines struct{}

// line is one of: a message, with data or base64; a reset; the time to wait before connecting again; and, with an id
// alone, where the client stands.
type line struct {
	Channel string          `json:"channel,omitzero"`
	Key     string          `json:"key,omitzero"`
	ID      string          `json:"id,omitzero"`
	Data    json.RawMessage `json:"data,omitzero"`
	Base64  []byte          `json:"base64,omitzero"`
	Reset   string          `json:"reset,omitzero"`
	Retry   int64           `json:"retry_ms,omitzero"`
}

func (lines) contentType() string { return "application/x-ndjson" }

// message frames one message: JSON as it is, text as a JSON string, and what is neither in base64.
func (lines) message(m *message, id string) []byte {
	l := line{Channel: m.channel, Key: m.subject, ID: id}
	switch {
	case m.kind == kindJSON && utf8.Valid(m.payload) && json.Valid(m.payload):
		l.Data = m.payload
	case m.kind == kindBinary || !utf8.Valid(m.payload):
		l.Base64 = append([]byte{}, m.payload...)
	default:
		l.Data = bytes.TrimSuffix(encode(string(m.payload)), []byte("\n"))
	}
	return encode(l)
}

// encode gives v's JSON and a line feed. Nothing that it is called with can fail.
func encode[T line | string | joined | renewed](v T) []byte {
	var into bytes.Buffer
	encoder := json.NewEncoder(&into)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(v) != nil {
		return nil
	}
	return into.Bytes()
}

func (lines) reset(id string) []byte { return encode(line{ID: id, Reset: resetReason}) }

func (lines) position(id string) []byte { return encode(line{ID: id}) }

func (lines) retry(wait time.Duration) []byte { return encode(line{Retry: wait.Milliseconds()}) }

// keepAlive is an empty line, which NDJSON's readers skip.
func (lines) keepAlive() []byte { return []byte("\n") }
