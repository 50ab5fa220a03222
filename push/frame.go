package push

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"
)

// eventStream frames as the WHATWG HTML standard says in "Server-sent events".
type eventStream struct{}

func (eventStream) contentType() string { return "text/event-stream; charset=utf-8" }

// message frames one message as an event named after its channel. What is not text, or has carriage returns, which
// the format cannot carry, is sent in base64 under the channel's name and ";base64".
func (eventStream) message(m *message, id string) []byte {
	payload := m.payload
	into := make([]byte, 0, len(payload)+len(m.channel)+len(id)+64)
	into = append(append(into, "event: "...), m.channel...)
	if m.kind == kindBinary || !utf8.Valid(payload) || bytes.IndexByte(payload, '\r') >= 0 {
		into = append(append(into, ";base64\nid: "...), id...)
		into = append(into, "\ndata: "...)
		into = base64.StdEncoding.AppendEncode(into, payload)
		return append(into, "\n\n"...)
	}
	into = append(append(into, "\nid: "...), id...)
	return append(appendData(into, payload), "\n\n"...)
}

// appendData gives each line of the payload a field of its own.
func appendData(into, payload []byte) []byte {
	for line := range bytes.SplitSeq(payload, []byte("\n")) {
		into = append(append(into, "\ndata: "...), line...)
	}
	return into
}

func (eventStream) reset(id string) []byte {
	into := append([]byte("event: reset\nid: "), id...)
	return append(appendData(into, []byte(`{"reason":"`+resetReason+`"}`)), "\n\n"...)
}

func (eventStream) position(id string) []byte { return []byte("id: " + id + "\n\n") }

func (eventStream) retry(wait time.Duration) []byte {
	into := strconv.AppendInt([]byte("retry: "), wait.Milliseconds(), 10)
	return append(into, "\n\n"...)
}

// keepAlive is a comment, which clients ignore and proxies count as traffic.
func (eventStream) keepAlive() []byte { return []byte(":\n\n") }
