package jobs

import (
	"encoding/binary"
	"errors"

	"github.com/millrace/millrace/partitions"
)

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
		if n <= 0 || size > uint64(len(value)-1-n) { //nolint:gosec // not negative
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
	case tagPermit:
		r.permit = number == 1
	case tagCounted:
		r.counted = number == 1
	case tagOpenMembers:
		r.members.Open = int(number) //nolint:gosec // as it was written
	case tagDoneMembers:
		r.members.Done = int(number) //nolint:gosec // as it was written
	case tagDeadMembers:
		r.members.Dead = int(number) //nolint:gosec // as it was written
	case tagCancelledMembers:
		r.members.Cancelled = int(number) //nolint:gosec // as it was written
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
	case tagRoles:
		text = &r.roles
	case tagSession:
		text = &r.session
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
	case tagBatch:
		text = &r.batch
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
