package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/millrace/millrace/outbox"
)

// The states of a relay, as seen from outside.
const (
	stateWorking = "working" // rows are read and published
	stateHalted  = "halted"  // it cannot go on until somebody mends something
	stateWaiting = "waiting" // for a server, or for another reader of the slot
	stateTaking  = "taking"  // a node has it, and has told nothing yet
	stateStopped = "stopped" // no node has it
	stateOther   = "other"   // something reads the slot that is no relay of the group
	stateUnread  = "unread"  // nothing reads the slot, and no relay of the group ever has
)

// outboxLine is a relay, or a slot without one, as programs read it. Numbers that nobody tells are left out.
type outboxLine struct {
	Relay      string    `json:"relay"`
	Group      string    `json:"group"`
	Mode       string    `json:"mode"`
	Table      string    `json:"table,omitempty"`
	State      string    `json:"state"`
	Node       string    `json:"node,omitempty"`
	Reader     string    `json:"reader,omitempty"`
	Lag        *int64    `json:"lag_bytes,omitempty"`
	Behind     *float64  `json:"behind_seconds,omitempty"`
	AtMost     bool      `json:"behind_at_most,omitempty"`
	Kept       *int64    `json:"kept_bytes,omitempty"`
	Room       *int64    `json:"room_bytes,omitempty"`
	WAL        string    `json:"wal_status,omitempty"`
	Rate       *float64  `json:"records_per_second,omitempty"`
	Records    int64     `json:"records,omitempty"`
	Letters    int64     `json:"dead_letters,omitempty"`
	Published  string    `json:"published_lsn,omitempty"`
	Confirmed  string    `json:"confirmed_lsn,omitempty"`
	Checkpoint time.Time `json:"checkpoint,omitzero"`
	Reported   time.Time `json:"reported,omitzero"`
	Problems   []problem `json:"problems,omitempty"`

	age time.Duration
}

// problem is what stands in the way, and what to do about it.
type problem struct {
	Found  string `json:"found"`
	Change string `json:"change"`
}

const modeLog, modePolled = "log", "polled"

func newOutboxLine(group string, s outbox.Standing, now time.Time) outboxLine {
	line := outboxLine{
		Relay: s.Slot, Group: group, Mode: modeLog, Table: s.Table, State: standing(s), Node: s.Node,
		Records: s.Records, Letters: s.DeadLetters, Checkpoint: s.Checkpoint, Reported: s.Reported,
	}
	if s.Polled {
		line.Mode = modePolled
	}
	if s.Published != 0 {
		line.Published = s.Published.String()
	}
	if !s.Checkpoint.IsZero() {
		line.age = max(now.Sub(s.Checkpoint), 0)
	}
	switch line.State {
	case stateWorking:
		line.Rate = new(s.Rate)
		if !s.Polled {
			line.Behind = new(s.Behind.Seconds())
		}
	case stateHalted:
		line.problem(s.Err, "mend what it says; the relay tries again by itself within half a minute")
	case stateWaiting:
		line.problem(s.Err, "it goes on by itself; if it does not, see whether the server runs and the address is right")
	case stateStopped:
		line.problem("no node of the group "+group+" runs, so nothing is published",
			"start `millrace relay --group "+group+"`, or the pods that have the relay; "+
				"or let a connector take over, see deploy/kafka/debezium-outbox.md")
	}
	if s.DeadLetters > 0 {
		line.problem("rows that became dead letters: "+strconv.FormatInt(s.DeadLetters, 10), "millrace deadletters "+group)
	}
	return line
}

func standing(s outbox.Standing) string {
	switch {
	case s.Node == "":
		return stateStopped
	case s.Node != s.Reporter:
		return stateTaking
	case s.Halted:
		return stateHalted
	case s.Working:
		return stateWorking
	case s.Err != "":
		return stateWaiting
	}
	return stateTaking
}

func (l *outboxLine) problem(found, change string) {
	l.Problems = append(l.Problems, problem{found, change})
}

func (l *outboxLine) behind() string {
	switch {
	case l.Behind == nil:
		return "-"
	case l.AtMost:
		return "≤ " + span(time.Duration(*l.Behind*float64(time.Second)))
	}
	return span(time.Duration(*l.Behind * float64(time.Second)))
}

func (l *outboxLine) rate() string {
	if l.Rate == nil {
		return "-"
	}
	return strconv.FormatFloat(*l.Rate, 'f', 0, 64) + "/s"
}

func (l *outboxLine) checkpoint() string {
	switch {
	case l.Checkpoint.IsZero():
		return "none"
	case l.Published == "":
		return span(l.age) + " ago"
	}
	return fmt.Sprintf("%s, %s ago", l.Published, span(l.age))
}

// span is a time for people.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + " days"
	case d >= time.Minute:
		return d.Round(time.Minute).String()[:len(d.Round(time.Minute).String())-len("0s")]
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	}
	return d.Round(time.Millisecond).String()
}
