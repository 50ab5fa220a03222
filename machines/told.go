package machines

import "time"

// Moved tells of a transition. Its events are in the topic "<machine>.transitions" under the type
// "<machine>.transitioned", keyed by the instance's id: its history, with versions that rise by one.
type Moved[S, E ~string, D any] struct {
	ID    string `json:"id"`
	From  S      `json:"from"`
	Event E      `json:"event"`
	To    S      `json:"to"`
	// Version is the instance's after the transition: 1 for the first.
	Version int64 `json:"version"`
	Data    D     `json:"data"`
	// Cause is the id of the event's record, empty for a time-out.
	Cause string    `json:"cause,omitempty"`
	At    time.Time `json:"at"`
}

// Refused tells of an event that was not allowed, under the type "<machine>.refused" in the same topic.
type Refused[S, E ~string] struct {
	ID      string    `json:"id"`
	State   S         `json:"state"`
	Event   E         `json:"event"`
	Reason  string    `json:"reason,omitempty"`
	Missing bool      `json:"missing,omitempty"`
	Version int64     `json:"version"`
	Cause   string    `json:"cause,omitempty"`
	At      time.Time `json:"at"`
}
