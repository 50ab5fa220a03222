package bus

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// HeaderPacked is a header that holds others: those of a record that came through a table with a fixed set of columns,
// such as an outbox, and for which there was none. Its value is a JSON array of pairs of key and value, in their order.
// A value is a string, null, or {"base64": "…"} where it is not UTF-8. Whatever reads records through a [Bus] sees the
// headers themselves, behind the others; what does not name a list of pairs is left as it is.
const HeaderPacked = "millrace-headers"

type packedBytes struct {
	Base64 []byte `json:"base64"`
}

// Pack is the value of [HeaderPacked] for the headers. Their keys must be UTF-8.
func (h Headers) Pack() ([]byte, error) {
	pairs := make([][2]any, len(h))
	for i, header := range h {
		switch {
		case !utf8.ValidString(header.Key):
			return nil, fmt.Errorf("bus: header key %q is not UTF-8", header.Key)
		case header.Value == nil:
			pairs[i] = [2]any{header.Key, nil}
		case utf8.Valid(header.Value):
			pairs[i] = [2]any{header.Key, string(header.Value)}
		default:
			pairs[i] = [2]any{header.Key, packedBytes{header.Value}}
		}
	}
	packed, err := json.Marshal(pairs)
	if err != nil {
		return nil, fmt.Errorf("bus: pack headers: %w", err)
	}
	return packed, nil
}

// unpacked are the headers with those that a packed one holds in its place, at the end. Nothing is copied without one.
func unpacked(headers Headers) Headers {
	for i := range headers {
		if headers[i].Key == HeaderPacked && headers[i].Value != nil {
			if held, ok := unpack(headers[i].Value); ok {
				all := make(Headers, 0, len(headers)-1+len(held))
				return append(append(append(all, headers[:i]...), unpacked(headers[i+1:])...), held...)
			}
		}
	}
	return headers
}

func unpack(packed []byte) (Headers, bool) {
	var pairs [][]json.RawMessage
	if json.Unmarshal(packed, &pairs) != nil {
		return nil, false
	}
	headers := make(Headers, len(pairs))
	for i, pair := range pairs {
		var text *string
		var bytes packedBytes
		switch {
		case len(pair) != 2 || json.Unmarshal(pair[0], &headers[i].Key) != nil:
			return nil, false
		case json.Unmarshal(pair[1], &text) == nil:
			if text != nil {
				headers[i].Value = []byte(*text)
			}
		case json.Unmarshal(pair[1], &bytes) == nil:
			headers[i].Value = bytes.Base64
		default:
			return nil, false
		}
	}
	return headers, true
}
