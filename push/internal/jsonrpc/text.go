package jsonrpc

import (
	"bytes"
	"encoding/json"
)

// AppendString appends a JSON string. What is not UTF-8 becomes U+FFFD.
func AppendString(into []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(into, text(s)...)
		}
	}
	return append(append(append(into, '"'), s...), '"')
}

// text is JSON of what always has it.
func text[T string | *Error](v T) []byte {
	var into bytes.Buffer
	encoder := json.NewEncoder(&into)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(v) != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(into.Bytes(), []byte("\n"))
}
