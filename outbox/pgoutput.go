package outbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// The messages of logical replication that an insert-only publication sends, and those of pg_logical_emit_message, protocol version 1, as
// the PostgreSQL documentation describes them in "Logical Replication Message Formats".
type (
	walBegin struct {
		commit LSN // where the transaction's commit record begins
		at     time.Time
	}
	walCommit   struct{ end LSN }
	walRelation struct {
		id      uint32
		schema  string
		name    string
		columns []walColumn
	}
	walInsert struct {
		relation uint32
		values   [][]byte
	}
	// walMessage is one of pg_logical_emit_message. The content points into the data.
	walMessage struct {
		transactional bool
		prefix        string
		content       []byte
	}
	// walOther is a message that says nothing to an outbox.
	walOther struct{}
)

// walColumn is a column of a relation. What stands below its modifier is the catalogue's; see describe.
type walColumn struct {
	name     string
	oid      uint32
	modifier int32 // the type's, such as its precision; -1 for none

	nullable   bool
	expression string // of the default
	typeName   string
	labels     []string // of an enumeration
}

var errMalformed = errors.New("outbox: malformed replication message")

// decodeWAL reads one message. The values of an insert point into data; nil is NULL.
func decodeWAL(data []byte) (message any, err error) {
	r := &walReader{data: data}
	kind := r.byte()
	switch kind {
	case 'B':
		message = walBegin{commit: LSN(r.uint64()), at: time.UnixMicro(int64(r.uint64()) + postgresEpoch)} //nolint:gosec // a time
	case 'C':
		r.skip(1 + 8)
		message = walCommit{end: LSN(r.uint64())}
	case 'R':
		message = r.relation()
	case 'I':
		message = r.insert(nil)
	case 'M':
		message = r.message()
	default:
		message = walOther{}
	}
	if r.short {
		return nil, fmt.Errorf("%w: %q of %d bytes", errMalformed, kind, len(data))
	}
	return message, nil
}

// decodeInsert reads an insert as decodeWAL does, with its values in the space of others that are of no more use.
func decodeInsert(data []byte, space [][]byte) (walInsert, error) {
	r := walReader{data: data}
	r.skip(1)
	insert := r.insert(space[:0])
	if r.short {
		return insert, fmt.Errorf("%w: an insert of %d bytes", errMalformed, len(data))
	}
	return insert, nil
}

// relationOf is which relation an insert is of.
func relationOf(data []byte) uint32 {
	r := walReader{data: data}
	r.skip(1)
	return r.uint32()
}

type walReader struct {
	data  []byte
	short bool
}

func (r *walReader) relation() walRelation {
	relation := walRelation{id: r.uint32()}
	relation.schema = r.text()
	relation.name = r.text()
	r.skip(1)
	for range r.uint16() {
		r.skip(1)
		column := walColumn{name: r.text(), oid: r.uint32(), modifier: int32(r.uint32()), nullable: true} //nolint:gosec // the same bits
		relation.columns = append(relation.columns, column)
		if r.short {
			break
		}
	}
	return relation
}

func (r *walReader) insert(space [][]byte) walInsert {
	insert := walInsert{relation: r.uint32(), values: space}
	r.skip(1)
	for range r.uint16() {
		var value []byte
		switch kind := r.byte(); kind {
		case 'n':
		case 't':
			value = r.take(int(r.uint32()))
		default:
			r.short = true
		}
		if r.short {
			break
		}
		insert.values = append(insert.values, value)
	}
	return insert
}

func (r *walReader) message() walMessage {
	flags := r.byte()
	r.skip(8)
	return walMessage{transactional: flags&1 != 0, prefix: r.text(), content: r.take(int(r.uint32()))}
}

// take returns the next n bytes; once too few are left it returns none and marks the message short.
func (r *walReader) take(n int) []byte {
	if n < 0 || n > len(r.data) {
		r.short, r.data = true, nil
		return nil
	}
	taken := r.data[:n:n]
	r.data = r.data[n:]
	return taken
}

func (r *walReader) skip(n int) { r.take(n) }

func (r *walReader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *walReader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *walReader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *walReader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *walReader) text() string {
	end := bytes.IndexByte(r.data, 0)
	text := r.take(end + 1)
	if end < 0 || text == nil {
		r.short = true
		return ""
	}
	return string(text[:end])
}
