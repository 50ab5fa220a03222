package push

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// lines frames as NDJSON: one JSON object a line.
type lines struct{}

// line is what is told beside messages: a reset; the time to wait before connecting again; and, with an id alone, where the client stands.
type line struct {
	ID    string `json:"id,omitzero"`
	Reset string `json:"reset,omitzero"`
	Retry int64  `json:"retry_ms,omitzero"`
}

func (lines) contentType() string { return "application/x-ndjson" }

// message frames one message: JSON as it is, text as a JSON string, and what is neither in base64.
func (lines) message(m *message, id string) []byte {
	return append(m.appendLine(make([]byte, 0, m.lineRoom(id)), id), '\n')
}

// lineRoom is about how long a message's line is, a line feed included.
func (m *message) lineRoom(id string) int {
	const most = 64 // of its own text
	return len(m.payload) + len(m.channel) + len(m.subject) + len(id) + most
}

func (m *message) appendLine(into []byte, id string) []byte {
	into = jsonrpc.AppendString(append(into, `{"channel":`...), m.channel)
	if m.subject != "" {
		into = jsonrpc.AppendString(append(into, `,"key":`...), m.subject)
	}
	into = jsonrpc.AppendString(append(into, `,"id":`...), id)
	return append(m.appendData(into), '}')
}

// appendData appends the field of the payload. JSON loses its white space, as a line has no line feed.
func (m *message) appendData(into []byte) []byte {
	readable := m.kind != kindBinary && utf8.Valid(m.payload)
	if readable && m.kind == kindJSON {
		if data, err := jsontext.AppendFormat(append(into, `,"data":`...), m.payload, asWritten...); err == nil {
			return data
		}
	}
	if readable {
		return jsonrpc.AppendString(append(into, `,"data":`...), string(m.payload))
	}
	into = base64.StdEncoding.AppendEncode(append(into, `,"base64":"`...), m.payload)
	return append(into, '"')
}

// asWritten takes what encoding/json does, and leaves names and strings as they are.
//
//nolint:gochecknoglobals // a constant
var asWritten = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true)}

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
