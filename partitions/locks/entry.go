package locks

import (
	"github.com/millrace/millrace/bus"
)

// kind is what a record of the log says.
type kind string

const (
	kindOpen     kind = "open"     // a session begins
	kindRenew    kind = "renew"    // a session lives
	kindAcquire  kind = "acquire"  // a session asks for names
	kindRelease  kind = "release"  // a session gives back what it asked for, also while it waits
	kindClose    kind = "close"    // a session ends itself
	kindExpire   kind = "expire"   // somebody saw nothing of a session for its lease
	kindSnapshot kind = "snapshot" // a part of what the fold of everything before an offset is
	kindAsk      kind = "ask"      // a process that starts finds no snapshot
)

// format is the version of what the records mean. A process ends rather than fold what it does not understand.
const format = 1

// entry is the payload of one record.
type entry struct {
	Format  int    `json:"v"`
	Kind    kind   `json:"kind"`
	Session string `json:"session,omitempty"`
	// Owner and Lease, in nanoseconds, are said when a session opens.
	Owner string `json:"owner,omitempty"`
	Lease int64  `json:"lease,omitempty"`
	// Request numbers what a session asks for, from 1 upwards; one that is not above the last is a repetition.
	Request int64 `json:"request,omitempty"`
	// Names are what an acquire wants, and Ahead how many requests may be before it on any of them.
	Names []string `json:"names,omitempty"`
	Ahead int      `json:"ahead,omitempty"`
	// Seen is the offset of the newest record of the session that an expire knows.
	Seen int64 `json:"seen,omitempty"`
	// Sent is the writer's own clock, in nanoseconds, when it sent this. Nobody else makes use of it.
	Sent     int64     `json:"sent,omitempty"`
	Snapshot *snapshot `json:"snapshot,omitempty"`
}

// newEvent is the contract of one group's log. All records have one key: their order is what decides.
func newEvent(topic bus.Topic) bus.Event[entry] {
	return bus.Define("millrace.locks.entry", func(e entry) string { return e.Session },
		bus.InTopic(topic), bus.Partitions(1))
}
