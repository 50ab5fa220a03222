package locks

import "errors"

// What errors.Is finds in the errors of this package.
var (
	// ErrGroup: a group's name is not one, or an option is out of its range.
	ErrGroup = errors.New("locks: wrong definition")
	// ErrNames: the names cannot be acquired as they are. Nothing was sent.
	ErrNames = errors.New("locks: wrong names")
	// ErrReentrant: the context is of a lease that holds one of the names already, so that waiting would never end.
	ErrReentrant = errors.New("locks: held already by a lease of this context")
	// ErrBusy: more requests are ahead on one of the names than was allowed.
	ErrBusy = errors.New("locks: too many ahead")
	// ErrLost: the lease can no longer be relied on: the log was not heard of for the lease less its margin, or says
	// that it has expired.
	ErrLost = errors.New("locks: lease lost")
	// ErrReleased: the lease was given back.
	ErrReleased = errors.New("locks: lease released")
	// ErrStopped: the manager's Run has ended or is ending.
	ErrStopped = errors.New("locks: manager stopped")
	// ErrTopic: the group's topic cannot carry locks.
	ErrTopic = errors.New("locks: topic")
	// ErrFormat: a newer version of this package writes to the log, which this one does not understand.
	ErrFormat = errors.New("locks: format of a record is newer than this process")
	// ErrDiverged: another process has made another state from the same log.
	ErrDiverged = errors.New("locks: a snapshot states another state than this process has")
)

// errAgain lets a request be made anew: its session has ended while it waited.
var errAgain = errors.New("locks: the session ended")
