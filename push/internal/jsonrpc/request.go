package jsonrpc

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Request is a call, or a notification where it has no ID.
type Request struct {
	// ID is the call's as it came: a string or a number.
	ID     json.RawMessage
	Method string
	// Params are what it is given, nil where there is nothing.
	Params json.RawMessage
	// Headers, and the trace's ids in hexadecimal, are Effect's.
	Headers [][2]string
	TraceID string
	SpanID  string
	Sampled bool
	// Discard says that nobody wants to know what comes of it, but whether it has begun.
	Discard bool
	// Err says that it is no request: it is to be answered with that.
	Err *Error
}

// Methods of control messages, which are notifications whose params name the call by "requestId", or, of Cancel, by "id".
const (
	Ack       = "@effect/rpc/Ack"
	Interrupt = "@effect/rpc/Interrupt"
	Ping      = "@effect/rpc/Ping"
	Pong      = "@effect/rpc/Pong"
	EOF       = "@effect/rpc/Eof"
	// Cancel is that of the Language Server Protocol, which clients without Effect know.
	Cancel = "$/cancelRequest"
)

// Call is which call a control message is about, nil where it is about none.
func (r *Request) Call() json.RawMessage {
	var of struct {
		RequestID json.RawMessage `json:"requestId"`
		ID        json.RawMessage `json:"id"`
	}
	if json.Unmarshal(r.Params, &of) != nil {
		return nil
	}
	if r.Method == Cancel {
		return of.ID
	}
	return of.RequestID
}

// Answered says whether something is sent in return for it: to a call, and to what is no request.
func (r *Request) Answered() bool {
	if r.Err != nil {
		return true
	}
	return r.ID != nil && !strings.HasPrefix(r.Method, "@effect/rpc/") && r.Method != Cancel
}

// envelope is what a message may have. A response to a call of ours has no method.
type envelope struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  *string         `json:"method"`
	Params  json.RawMessage `json:"params"`
	Headers [][2]string     `json:"headers"`
	TraceID string          `json:"traceId"`
	SpanID  string          `json:"spanId"`
	Sampled bool            `json:"sampled"`
	Discard bool            `json:"discard"`
}

// maxBatch is how many requests a batch may have.
const maxBatch = 100

// Parse reads a message: a request, or a batch of them. An error is to be answered by itself, without an id.
func Parse(message []byte) (requests []Request, batch bool, err *Error) {
	message = bytes.TrimLeft(message, " \t\r\n")
	if !utf8.Valid(message) || !json.Valid(message) {
		return nil, false, &Error{Code: CodeParse, Message: "the message is not JSON"}
	}
	if message[0] != '[' {
		return []Request{read(message)}, false, nil
	}
	var all []json.RawMessage
	if json.Unmarshal(message, &all) != nil || len(all) == 0 || len(all) > maxBatch {
		return nil, true, &Error{Code: CodeRequest, Message: "a batch has 1 to 100 requests"}
	}
	requests = make([]Request, len(all))
	for i, one := range all {
		requests[i] = read(one)
	}
	return requests, true, nil
}

func read(message []byte) Request {
	var e envelope
	malformed := json.Unmarshal(message, &e) != nil
	r := Request{ID: identity(e.ID), Headers: e.Headers, TraceID: e.TraceID, SpanID: e.SpanID, Sampled: e.Sampled, Discard: e.Discard}
	switch {
	case malformed || e.Version != "2.0" || e.Method == nil || *e.Method == "":
		r.Err = &Error{Code: CodeRequest, Message: `a request is an object with "jsonrpc": "2.0" and a "method"`}
		return r
	case len(e.ID) > 0 && r.ID == nil:
		r.Err = &Error{Code: CodeRequest, Message: "an id is a string of at most 128 bytes, or a number"}
		return r
	}
	r.Method = *e.Method
	if !bytes.Equal(e.Params, []byte("null")) {
		r.Params = e.Params
	}
	return r
}

const maxID = 128

// identity is an id that can be answered to, or nil.
func identity(id json.RawMessage) json.RawMessage {
	if len(id) == 0 || len(id) > maxID || id[0] != '"' && id[0] != '-' && (id[0] < '0' || id[0] > '9') {
		return nil
	}
	return id
}
