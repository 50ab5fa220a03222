package sagas

// Status is where a saga is.
type Status string

// The statuses. A saga ends completed, compensated or abandoned.
const (
	// Running: the flow goes on, or a step is under way.
	Running Status = "running"
	// Waiting: the flow waits for time, a signal, or the next attempt of a step, and is not in memory.
	Waiting Status = "waiting"
	// Compensating: the flow has failed or was cancelled, and its steps are being undone.
	Compensating Status = "compensating"
	// Parked: somebody has to look. See [Flow.Resume] and [Flow.Abandon].
	Parked Status = "parked"
	// Completed: the flow has returned, and there is a result.
	Completed Status = "completed"
	// Compensated: the flow has failed or was cancelled, and nothing of what its steps did is left.
	Compensated Status = "compensated"
	// Abandoned: somebody has given it up as it was.
	Abandoned Status = "abandoned"
)

// Ended says whether the saga has come to its end.
func (s Status) Ended() bool { return s == Completed || s == Compensated || s == Abandoned }
