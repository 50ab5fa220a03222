package flows

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// ErrWrong is found in the error of a side whose flows are not what they should be.
var ErrWrong = errors.New("the side is wrong")

// Steps is how many steps a flow has.
const Steps = 3

// State is what a flow is given, what each step returns, and the flow's result.
type State struct {
	ID     string  `json:"id"`
	Called []int64 `json:"called"` // when each step was called, in nanoseconds
}

var called atomic.Int64 //nolint:gochecknoglobals // a side is a process

// Step is what each step does: it notes the time.
func Step(in State) (State, error) {
	called.Add(1)
	return State{ID: in.ID, Called: append(slices.Clip(in.Called), time.Now().UnixNano())}, nil
}

// check says whether s is the result of the flow id.
func (s State) check(id string) error {
	if s.ID != id || len(s.Called) != Steps {
		return fmt.Errorf("%w: the result of %q is %+v", ErrWrong, id, s)
	}
	for i := range Steps - 1 {
		if s.Called[i+1] < s.Called[i] {
			return fmt.Errorf("%w: the steps of %q came out of order: %v", ErrWrong, id, s.Called)
		}
	}
	return nil
}

// between is how long it took from each step's call to that of the next.
func (s State) between() []time.Duration {
	took := make([]time.Duration, 0, Steps-1)
	for i := range Steps - 1 {
		took = append(took, time.Duration(s.Called[i+1]-s.Called[i]))
	}
	return took
}
