package inspect

import (
	"fmt"
	"strconv"
	"time"

	"github.com/millrace/millrace/outbox"
)

// The states of a relay, as seen from outside.
const (
	StateWorking = "working" // rows are read and published
	StateHalted  = "halted"  // it cannot go on until somebody mends something
	StateWaiting = "waiting" // for a server, or for another reader of the slot
	StateTaking  = "taking"  // a node has it, and has told nothing yet
	StateStopped = "stopped" // no node has it
	StateOther   = "other"   // something reads the slot that is no relay of the group
	StateUnread  = "unread"  // nothing reads the slot, and no relay of the group ever has
)

// Relay is a relay, or a slot without one, as programs read it. Numbers that nobody tells are left out.
type Relay struct {
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
	Problems   []Problem `json:"problems,omitempty"`

	age time.Duration
}

// Problem is what stands in the way, and what to do about it.
type Problem struct {
	Found  string `json:"found"`
	Change string `json:"change"`
}

// How a relay reads the outbox.
const (
	ModeLog    = "log"
	ModePolled = "polled"
)

func newRelay(group string, s outbox.Standing, now time.Time) Relay {
	line := Relay{
		Relay: s.Slot, Group: group, Mode: ModeLog, Table: s.Table, State: standing(s), Node: s.Node,
		Records: s.Records, Letters: s.DeadLetters, Checkpoint: s.Checkpoint, Reported: s.Reported,
	}
	if s.Polled {
		line.Mode = ModePolled
	}
	if s.Published != 0 {
		line.Published = s.Published.String()
	}
	if !s.Checkpoint.IsZero() {
		line.age = max(now.Sub(s.Checkpoint), 0)
	}
	switch line.State {
	case StateWorking:
		line.Rate = new(s.Rate)
		if !s.Polled {
			line.Behind = new(s.Behind.Seconds())
		}
	case StateHalted:
		line.problem(s.Err, "mend what it says; the relay tries again by itself within half a minute")
	case StateWaiting:
		line.problem(s.Err, "it goes on by itself; if it does not, see whether the server runs and the address is right")
	case StateStopped:
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
		return StateStopped
	case s.Node != s.Reporter:
		return StateTaking
	case s.Halted:
		return StateHalted
	case s.Working:
		return StateWorking
	case s.Err != "":
		return StateWaiting
	}
	return StateTaking
}

func (l *Relay) problem(found, change string) {
	l.Problems = append(l.Problems, Problem{found, change})
}

// BehindText is how far the relay is behind in time, in words.
func (l *Relay) BehindText() string {
	switch {
	case l.Behind == nil:
		return "-"
	case l.AtMost:
		return "≤ " + Span(time.Duration(*l.Behind*float64(time.Second)))
	}
	return Span(time.Duration(*l.Behind * float64(time.Second)))
}

// RateText is what the relay publishes, in words.
func (l *Relay) RateText() string {
	if l.Rate == nil {
		return "-"
	}
	return strconv.FormatFloat(*l.Rate, 'f', 0, 64) + "/s"
}

// CheckpointText is the relay's last checkpoint, in words.
func (l *Relay) CheckpointText() string {
	switch {
	case l.Checkpoint.IsZero():
		return "none"
	case l.Published == "":
		return Span(l.age) + " ago"
	}
	return fmt.Sprintf("%s, %s ago", l.Published, Span(l.age))
}
