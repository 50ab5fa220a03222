package inspect

import (
	"fmt"

	"github.com/millrace/millrace/outbox"
)

// compare takes in what PostgreSQL says of a relay's slot, and what does not fit with the checkpoint.
func (l *Relay) compare(s outbox.Standing, d *Database) {
	if s.System != "" && s.System != d.System {
		l.problem(fmt.Sprintf("its checkpoint is of another database cluster (%s, and this one is %s)", s.System, d.System),
			"give the address of its own database; or, after an upgrade or a restore, "+acceptGap(s, l.Group))
		return
	}
	found := d.of(s.Slot)
	if found == nil {
		if l.State != StateHalted {
			l.problem("this database has no slot "+s.Slot, "give the address of the slot's database; or, if it was dropped, "+acceptGap(s, l.Group))
		}
		return
	}
	l.take(found)
	if l.State != StateWorking && found.Lag > 0 && !s.Checkpoint.IsZero() {
		l.Behind, l.AtMost = new(l.age.Seconds()), true
	}
	switch {
	case l.State == StateHalted: // it has said it already
	case found.Status == "lost":
		l.problem("the slot is lost: PostgreSQL removed log that was not read"+Because(found.Reason), acceptGap(s, l.Group))
	case found.Confirmed > s.Published && s.System != "":
		l.problem(fmt.Sprintf("the slot is at %s, ahead of the checkpoint: something else has read it", found.Confirmed), acceptGap(s, l.Group))
	case l.State == StateWorking && !found.Active:
		l.problem("the relay says that it works, and nothing reads the slot here", "look again in some seconds; if it stays so, "+
			"the relay of this group is another database's: give each database a --group of its own")
	}
}

// Because is why a slot was invalidated, in brackets.
func Because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// acceptGap is what to do where rows may be missing.
func acceptGap(s outbox.Standing, group string) string {
	return fmt.Sprintf("find the rows that committed after %s and publish them again if they were kept; then start the relay with "+
		"`millrace relay --group %s --slot %s --accept-gap %[1]s`", s.Published, group, s.Slot)
}

// Large is how much log a slot may keep before it is worth a word.
const Large = 1 << 30

// take takes in what PostgreSQL says of a slot, whoever reads it.
func (l *Relay) take(found *Slot) {
	l.Lag, l.Kept, l.WAL, l.Confirmed = new(found.Lag), new(found.Kept), found.Status, found.Confirmed.String()
	if found.Room >= 0 {
		l.Room = new(found.Room)
	}
	if found.Active {
		l.Reader = found.Reader
	}
	if found.Status == "unreserved" || found.Status != "lost" && found.Kept > Large {
		room := "the disk fills, for max_slot_wal_keep_size sets no bound"
		if found.Room >= 0 {
			room = "the slot is lost after " + Size(new(found.Room)) + " more"
		}
		l.problem("PostgreSQL keeps "+Size(new(found.Kept))+" of log for it; "+room, "let its reader go on, or end the transaction that "+
			"has been open for long: SELECT pid, xact_start, query FROM pg_stat_activity ORDER BY xact_start")
	}
}

// unknownSlots are those of the database that no relay of the group knows.
func unknownSlots(d *Database, standings []outbox.Standing, group string) (lines []Relay) {
	known := map[string]bool{}
	for _, s := range standings {
		known[s.Slot] = s.System == "" || s.System == d.System
	}
	for i := range d.Slots {
		found := &d.Slots[i]
		if known[found.Name] || found.Plugin != "pgoutput" {
			continue
		}
		line := Relay{Relay: found.Name, Group: group, Mode: ModeLog, State: StateOther}
		line.take(found)
		if found.Active {
			lines = append(lines, line)
			continue
		}
		line.State = StateUnread
		if found.Unread > 0 {
			line.Behind, line.AtMost = new(found.Unread.Seconds()), true
		}
		drop := "drop it: SELECT pg_drop_replication_slot('" + found.Name + "')"
		if found.Status == "lost" {
			line.problem("the slot is lost: PostgreSQL removed log that was not read"+Because(found.Reason), "find what is missing, then "+drop)
		} else {
			line.problem("nothing reads the slot, and PostgreSQL keeps log for it", "start its relay, with `millrace relay --slot "+
				found.Name+"`, or its connector; or, if nobody wants it any more, "+drop)
		}
		lines = append(lines, line)
	}
	return lines
}
