package jobs

import (
	"encoding/binary"
	"errors"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// Tags of fields. They are never given to another field.
const (
	tagKind byte = iota + 1
	tagState
	tagPriority
	tagAttempts
	tagStarts
	tagLost
	tagCreated
	tagDue
	tagChanged
	tagStarted
	tagStamp
	tagUnique
	tagWindow
	tagPrincipal
	tagRequest
	tagLocale
	tagTrace
	tagVendors
	tagReason
	tagCancelled
	tagAsking
	tagDone
	tagTotal
	tagNote
	tagResult
	tagArgs
	tagThen
	tagGiven
)

func appendNumber(b []byte, tag byte, n uint64) []byte {
	if n == 0 {
		return b
	}
	b = append(b, tag, 0)
	at := len(b)
	b = binary.AppendUvarint(b, n)
	b[at-1] = byte(len(b) - at)
	return b
}

func appendText(b []byte, tag byte, text string) []byte {
	if text == "" {
		return b
	}
	return append(binary.AppendUvarint(append(b, tag), uint64(len(text))), text...)
}

func flag(on bool) uint64 {
	if on {
		return 1
	}
	return 0
}

// encode is the row's value in a piece of memory of its own, where its args are from then on.
func (r *row) encode() []byte {
	b := make([]byte, 0, 96+len(r.kind)+len(r.unique)+len(r.request)+len(r.trace)+len(r.reason)+len(r.result)+len(r.then)+len(r.given)+len(r.args))
	b = appendText(b, tagKind, r.kind)
	b = appendNumber(b, tagState, r.state.code())
	b = appendNumber(b, tagPriority, uint64(r.priority))
	b = appendNumber(b, tagAttempts, r.attempts)
	b = appendNumber(b, tagStarts, r.starts)
	b = appendNumber(b, tagLost, r.lost)
	b = appendNumber(b, tagCreated, uint64(r.created)) //nolint:gosec // and back
	b = appendNumber(b, tagDue, uint64(r.due))         //nolint:gosec // and back
	b = appendNumber(b, tagChanged, uint64(r.changed)) //nolint:gosec // and back
	b = appendNumber(b, tagStarted, uint64(r.started)) //nolint:gosec // and back
	b = appendNumber(b, tagStamp, r.stamp)
	b = appendText(b, tagUnique, r.unique)
	b = appendNumber(b, tagWindow, uint64(r.window)) //nolint:gosec // and back
	b = appendText(b, tagPrincipal, r.principal)
	b = appendText(b, tagRequest, r.request)
	b = appendText(b, tagLocale, r.locale)
	b = appendText(b, tagTrace, r.trace)
	b = appendText(b, tagVendors, r.vendors)
	b = appendText(b, tagReason, r.reason)
	b = appendNumber(b, tagCancelled, flag(r.cancelled))
	for _, q := range r.asking {
		b = appendText(b, tagAsking, string(binary.AppendVarint(nil, int64(q.To)))+q.ID)
	}
	b = appendNumber(b, tagDone, uint64(r.progress.Done))   //nolint:gosec // and back
	b = appendNumber(b, tagTotal, uint64(r.progress.Total)) //nolint:gosec // and back
	b = appendText(b, tagNote, r.progress.Note)
	b = appendText(b, tagResult, string(r.result))
	b = appendText(b, tagThen, string(r.then))
	b = appendText(b, tagGiven, string(r.given))
	b = appendText(b, tagArgs, string(r.args))
	r.args = b[len(b)-len(r.args):]
	return b
}

var errRow = errors.New("jobs: a stored job cannot be read")

// decode reads a row. What it holds of the value is a part of it.
func decode(key string, value []byte) (*row, error) {
	r := &row{key: key}
	if err := fields(value, r.set); err != nil {
		return nil, err
	}
	return r, nil
}

// fields calls f with each field of a value.
func fields(value []byte, f func(tag byte, field []byte)) error {
	for len(value) > 0 {
		tag := value[0]
		size, n := binary.Uvarint(value[1:])
		if n <= 0 || size > uint64(len(value)-1-n) {
			return errRow
		}
		end := 1 + n + int(size) //nolint:gosec // it is within the value
		field := value[1+n : end : end]
		value = value[end:]
		f(tag, field)
	}
	return nil
}

func number(field []byte) uint64 {
	n, _ := binary.Uvarint(field)
	return n
}

func (r *row) set(tag byte, field []byte) {
	number := number(field)
	switch tag {
	case tagKind:
		r.kind = string(field)
	case tagState:
		r.state = stateOf(number)
	case tagPriority:
		r.priority = uint8(number) //nolint:gosec // as it was written
	case tagAttempts:
		r.attempts = number
	case tagStarts:
		r.starts = number
	case tagLost:
		r.lost = number
	case tagCreated:
		r.created = int64(number) //nolint:gosec // as it was written
	case tagDue:
		r.due = int64(number) //nolint:gosec // as it was written
	case tagChanged:
		r.changed = int64(number) //nolint:gosec // as it was written
	case tagStarted:
		r.started = int64(number) //nolint:gosec // as it was written
	case tagStamp:
		r.stamp = number
	case tagWindow:
		r.window = int64(number) //nolint:gosec // as it was written
	case tagCancelled:
		r.cancelled = number == 1
	case tagDone:
		r.progress.Done = int64(number) //nolint:gosec // as it was written
	case tagTotal:
		r.progress.Total = int64(number) //nolint:gosec // as it was written
	case tagResult:
		r.result = field
	case tagArgs:
		r.args = field
	case tagThen:
		r.then = field
	case tagGiven:
		r.given = field
	default:
		r.setText(tag, field)
	}
}

func (r *row) setText(tag byte, field []byte) {
	var text *string
	switch tag {
	case tagUnique:
		text = &r.unique
	case tagPrincipal:
		text = &r.principal
	case tagRequest:
		text = &r.request
	case tagLocale:
		text = &r.locale
	case tagTrace:
		text = &r.trace
	case tagVendors:
		text = &r.vendors
	case tagReason:
		text = &r.reason
	case tagNote:
		text = &r.progress.Note
	case tagAsking:
		if to, n := binary.Varint(field); n > 0 {
			r.asking = append(r.asking, partitions.Question{ID: string(field[n:]), To: int32(to)}) //nolint:gosec // as it was written
		}
		return
	default:
		return
	}
	*text = string(field)
}

// plain is the codec of values that are bytes already.
type plain struct{}

func (plain) Encode(b []byte) ([]byte, error)               { return b, nil }
func (plain) Decode(b []byte) ([]byte, error)               { return b, nil }
func (plain) ContentType() string                           { return "application/octet-stream" }
func (plain) Schema() (bus.Schema, error)                   { return bus.Schema{}, nil }
func (plain) Compare(_, _ bus.Schema) ([]bus.Change, error) { return nil, nil }
