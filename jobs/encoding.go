package jobs

import (
	"encoding/binary"

	"github.com/millrace/millrace/bus"
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
	tagBatch
	tagCounted
	tagOpenMembers
	tagDoneMembers
	tagDeadMembers
	tagCancelledMembers
	tagPermit
	tagRoles
	tagSession
)

func appendNumber(b []byte, tag byte, n uint64) []byte {
	if n == 0 {
		return b
	}
	b = append(b, tag, 0)
	at := len(b)
	b = binary.AppendUvarint(b, n)
	b[at-1] = byte(len(b) - at) //nolint:gosec // 10 at most
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
	b = appendText(b, tagRoles, r.roles)
	b = appendText(b, tagSession, r.session)
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
	b = appendText(b, tagBatch, r.batch)
	b = appendNumber(b, tagCounted, flag(r.counted))
	b = appendNumber(b, tagPermit, flag(r.permit))
	if r.members != (Members{}) {
		b = appendNumber(b, tagOpenMembers, uint64(r.members.Open))           //nolint:gosec // not negative
		b = appendNumber(b, tagDoneMembers, uint64(r.members.Done))           //nolint:gosec // not negative
		b = appendNumber(b, tagDeadMembers, uint64(r.members.Dead))           //nolint:gosec // not negative
		b = appendNumber(b, tagCancelledMembers, uint64(r.members.Cancelled)) //nolint:gosec // not negative
	}
	b = appendText(b, tagArgs, string(r.args))
	r.args = b[len(b)-len(r.args):]
	return b
}

// plain is the codec of values that are bytes already.
type plain struct{}

func (plain) Encode(b []byte) ([]byte, error)               { return b, nil }
func (plain) Decode(b []byte) ([]byte, error)               { return b, nil }
func (plain) ContentType() string                           { return "application/octet-stream" }
func (plain) Schema() (bus.Schema, error)                   { return bus.Schema{}, nil }
func (plain) Compare(_, _ bus.Schema) ([]bus.Change, error) { return nil, nil }
