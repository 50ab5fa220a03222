package jsonrpc

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Codes of errors. Those from -32000 to -32099 are this package's.
const (
	CodeParse    = -32700
	CodeRequest  = -32600
	CodeMethod   = -32601
	CodeParams   = -32602
	CodeInternal = -32603
	// CodeCancelled is the Language Server Protocol's.
	CodeCancelled = -32800
)

// Error is why a call has failed.
type Error struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.Message, e.Code) }

// Result is the answer to a call.
func Result(id, result json.RawMessage) []byte {
	return answer(id, `,"result":`, or(result))
}

// Chunk is some of an answer, a JSON array, of which there is more to come.
func Chunk(id, values json.RawMessage) []byte {
	return answer(id, `,"chunk":true,"result":`, values)
}

// Failure is the answer to a call that has failed. Without an id it is for a message that is no request.
func Failure(id json.RawMessage, err *Error) []byte {
	return answer(id, `,"error":`, text(err))
}

func answer(id json.RawMessage, between string, value []byte) []byte {
	return bytes.Join([][]byte{[]byte(`{"jsonrpc":"2.0","id":`), or(id), []byte(between), value, []byte("}")}, nil)
}

// Notification is told to the client, which does not answer.
func Notification(method string, params json.RawMessage) []byte {
	if len(params) == 0 {
		return append(called(nil, method), '}')
	}
	return AppendNotification(nil, method, func(into []byte) []byte { return append(into, params...) })
}

// AppendNotification appends a notification, whose params the function appends.
func AppendNotification(into []byte, method string, params func([]byte) []byte) []byte {
	into = append(called(into, method), `,"params":`...)
	return append(params(into), '}')
}

func called(into []byte, method string) []byte {
	return AppendString(append(into, `{"jsonrpc":"2.0","method":`...), method)
}

// Batch is the answers to a batch.
func Batch(answers [][]byte) []byte {
	return bytes.Join([][]byte{[]byte("["), bytes.Join(answers, []byte(",")), []byte("]")}, nil)
}

func or(value json.RawMessage) json.RawMessage {
	if len(value) == 0 {
		return json.RawMessage("null")
	}
	return value
}
