package bus

import (
	"bytes"
	"strings"
)

// look is what the engine must know of a record's headers before it runs a handler.
type look struct {
	kind  []byte
	moved bool // it says that it came through one of a group's own topics
	asked bool // it carries the request that it was published for
}

// look finds the delivery's handler. It is best done once, where the record is taken in and its headers are at hand.
func (e *engine) look(d *delivery) {
	if d.looked {
		return
	}
	seen := lookAt(d.record.Headers)
	d.handler, d.asked, d.looked = e.sub.byType[string(seen.kind)], seen.asked, true
	d.moved = seen.moved && d.record.Topic == retryTopic(e.sub.group) // elsewhere anybody may have written the headers
}

// requestPrefix begins the names of all headers that a request is carried in, but for the tenant's.
const requestPrefix = "millrace-"

// lookAt reads the headers once, without a copy. The last of several headers with one key counts, as in [Headers.Get].
func lookAt(headers Headers) look {
	var seen look
	var foreign []byte
	for i := range headers {
		switch headers[i].Key {
		case HeaderType:
			seen.kind = headers[i].Value
		case "eventType":
			foreign = headers[i].Value
		case headerTopic:
			seen.moved = true
		case HeaderTenant:
			seen.asked = true
		default:
			seen.asked = seen.asked || strings.HasPrefix(headers[i].Key, requestPrefix)
		}
	}
	if len(bytes.TrimSpace(seen.kind)) == 0 {
		seen.kind = foreign
	}
	if len(bytes.TrimSpace(seen.kind)) == 0 {
		seen.kind = nil
	}
	return seen
}
