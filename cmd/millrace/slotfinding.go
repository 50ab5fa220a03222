package main

import "github.com/millrace/millrace/cmd/millrace/inspect"

// slotFinding judges a slot.
func slotFinding(s *inspect.Slot) finding {
	state := "active"
	if !s.Active {
		state = "not active"
		if s.Unread > 0 {
			state += " for " + inspect.Span(s.Unread)
		}
	}
	f := finding{
		Severity: fine, Server: "postgres", Subject: "slot " + s.Name,
		Found:       state + ", log " + s.Status + ", " + inspect.Size(new(s.Lag)) + " behind, keeps " + inspect.Size(new(s.Kept)),
		Recommended: "active, log reserved",
	}
	drop := "SELECT pg_drop_replication_slot('" + s.Name + "')"
	switch {
	case s.Status == "lost":
		f.Severity = fault
		f.Reason = "PostgreSQL removed log that was not read" + inspect.Because(s.Reason) + ": rows that were committed then are not in Kafka"
		f.Change = "`millrace outbox` says after which position; find what is missing, and let the relay go on with --accept-gap, or " + drop
	case s.Status == "unreserved" || s.Kept > inspect.Large:
		f.Severity, f.Reason = fault, "log piles up, and the slot is lost when it reaches max_slot_wal_keep_size"
		f.Change = "`millrace outbox` says who reads it and why it does not go on"
	case !s.Active:
		f.Severity, f.Reason = advice, "nothing reads it, and it keeps log"
		f.Change = "start its relay, or " + drop
	}
	return f
}
