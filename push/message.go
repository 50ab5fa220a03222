package push

import (
	"bytes"
	"container/list"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
)

// kind is what a payload is, by its record's content type.
type kind int8

const (
	kindJSON kind = iota
	kindText
	kindBinary
)

func kindOf(contentType string) kind {
	medium, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	medium = strings.TrimSpace(medium)
	switch {
	case medium == "", medium == "application/json", strings.HasSuffix(medium, "+json"):
		return kindJSON
	case strings.HasPrefix(medium, "text/"):
		return kindText
	}
	return kindBinary
}

// message is one broadcast record.
type message struct {
	order     uint64
	reading   uint64 // what the hub read when it was taken: see interest
	channel   string
	subject   string
	tenant    string
	partition bus.Partition
	offset    int64
	time      time.Time
	kind      kind
	payload   []byte
	id        string
	frames    [formats]*frame
	latest    bool          // a newer one of its key makes up for it
	age       *list.Element // its place among all messages that the hub holds
}

// messageOf reads a record, and reports whether it is a channel's message.
func messageOf(r bus.Record) (*message, bool) {
	name, known := strings.CutPrefix(r.Type(), typePrefix)
	if !known || r.Value == nil || !validName(name) {
		return nil, false
	}
	return &message{
		channel: name, subject: r.Subject(), tenant: r.Tenant(), partition: r.Partition, offset: r.Offset,
		time: r.Time, kind: kindOf(r.ContentType()), payload: r.Value,
	}, true
}

// keep makes the message independent of the fetch that it came with, and gives it its id.
func (m *message) keep(order uint64, id string, now time.Time) {
	m.order, m.id, m.payload = order, id, bytes.Clone(m.payload)
	if m.time.After(now) { // the producer's clock is ahead
		m.time = now
	}
}

// frame is the message on the wire, encoded once for all who receive it in this format. The hub's lock is held.
func (m *message) frame(f format) *frame {
	if m.frames[f] == nil {
		m.frames[f] = frameOf(f.framing().message(m, m.id))
		if m.latest {
			m.frames[f].key = m.channel + "/" + m.subject
		}
	}
	return m.frames[f]
}

// size is about what the message and its frame take in memory, in bytes.
func (m *message) size() int { return 2*len(m.payload) + len(m.id) + messageOverhead }

const messageOverhead = 300
