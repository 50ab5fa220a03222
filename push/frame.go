package push

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"
)

// The frames of a Server-Sent Events stream (WHATWG HTML standard, "Interpreting an event stream").

// appendEvent frames one event. A payload that is not UTF-8, or has carriage returns, which the format cannot carry,
// is sent in base64 under the event name "binary".
func appendEvent(into []byte, name, id string, payload []byte) []byte {
	if !utf8.Valid(payload) || bytes.IndexByte(payload, '\r') >= 0 {
		name = "binary"
		encoded := make([]byte, base64.StdEncoding.EncodedLen(len(payload)))
		base64.StdEncoding.Encode(encoded, payload)
		payload = encoded
	}
	into = append(into, "event: "...)
	into = append(into, name...)
	into = append(into, "\nid: "...)
	into = append(into, id...)
	for {
		end := bytes.IndexByte(payload, '\n')
		into = append(into, "\ndata: "...)
		if end < 0 {
			into = append(into, payload...)
			return append(into, "\n\n"...)
		}
		into = append(into, payload[:end]...)
		payload = payload[end+1:]
	}
}

// appendID tells the client where it stands without giving it an event.
func appendID(into []byte, id string) []byte {
	into = append(into, "id: "...)
	into = append(into, id...)
	return append(into, "\n\n"...)
}

// appendRetry tells the client how long to wait before it connects again.
func appendRetry(into []byte, wait time.Duration) []byte {
	into = append(into, "retry: "...)
	into = strconv.AppendInt(into, wait.Milliseconds(), 10)
	return append(into, "\n\n"...)
}

// keepAlive is a comment, which clients ignore and proxies count as traffic.
const keepAlive = ":\n\n"
