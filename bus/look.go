package bus

import (
	"bytes"

	"github.com/millrace/millrace/request"
)

// look is what the engine must know of a record's headers before it runs a handler.
type look struct {
	kind  []byte
	moved bool // it came through one of the group's own topics
	asked bool // it carries the request that it was published for
}

// lookAt reads the headers once, without a copy. The last of several headers with one key counts, as in [Headers.Get].
func lookAt(headers Headers) look {
	carried := request.Kafka()
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
		case carried.Tenant, carried.Principal, carried.ID, carried.Locale, carried.Deadline:
			seen.asked = true
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
