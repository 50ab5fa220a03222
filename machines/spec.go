package machines

import (
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// Spec is what a machine is: states of type S, events of type E, and data of type D that each instance keeps. It is what
// [Define] is given.
type Spec[S, E ~string, D any] struct {
	// Name is the machine's: 1 to 40 of the characters a-z 0-9 -, beginning with a letter. Topics, rows and event types are
	// called by it, and it must not change while there are instances.
	Name string
	// Start is the state of an instance that does not exist yet: an event that is allowed there makes it.
	Start S
	// Final are the states that nothing leads out of. An instance stays in its table there, unless Keep says otherwise.
	Final []S
	// On are the transitions.
	On []Transition[S, E, D]
	// After are time-outs.
	After []Timeout[S, E]
	// Enter and Exit are called whenever a state is entered or left, also by a transition from a state to itself.
	Enter, Exit map[S]Action[S, D]
	// Keep is how long an instance is kept once it is in a final state; zero keeps it for ever.
	Keep time.Duration
	// Version is that of Data and of the states, from 1, which it is when it is not set. See Upgrade.
	Version int
	// Upgrade turns an instance that was stored by version from of the machine into one of version from+1, as often as it
	// takes. An error ends the group, since older instances would be lost otherwise.
	Upgrade func(from int, stored Stored) (Stored, error)
}

// Transition leads from states to another when an event comes.
type Transition[S, E ~string, D any] struct {
	// Event is made by [On].
	Event Event[E]
	From  []S
	// To may be one of From: the state is left and entered again, and its time-outs begin anew.
	To S
	// Guard, made by [Check], may refuse the event. It must not look at anything but what it is given: what has to be asked
	// for outside is asked before the event is sent, or in a step of a saga.
	Guard Guard[S, E, D]
	// Do, made by [Do], changes the data and says what else is to happen.
	Do Step[S, E, D]
}

// Timeout lets an event happen to an instance that has been in a state for a time, at least that long by the clock of
// its owner. Leaving the state disarms it. The event's payload is the zero value of its type. It comes once: where a guard refuses
// it, that is told like other refusals, and an instance that was in the state before its machine had the time-out
// has it once it enters the state again.
type Timeout[S, E ~string] struct {
	In    S
	After time.Duration
	Event Event[E]
}

// Instance is one instance of a machine.
type Instance[S ~string, D any] struct {
	ID     string         `json:"id"`
	Tenant request.Tenant `json:"tenant,omitempty"`
	State  S              `json:"state"`
	Data   D              `json:"data"`
	// Version counts the instance's transitions: 0 before the first, and one more with each.
	Version int64 `json:"version"`
	// Entered is when the state was entered, and At when the event is handled: the time of the transaction.
	Entered time.Time `json:"entered"`
	At      time.Time `json:"at"`
}

// Effects are messages that are published in the transaction of the transition, or not at all.
type Effects []bus.Message

// Action is what entering or leaving a state does: the instance's data from then on, and effects.
type Action[S ~string, D any] func(Instance[S, D]) (D, Effects)

// Stored is an instance as an older version of its machine has stored it.
type Stored struct {
	State string
	Data  []byte // JSON
}
