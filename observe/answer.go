package observe

import "time"

// Answer is what a check said last, and what it said before.
type Answer struct {
	Name        string      `json:"name"`
	Criticality Criticality `json:"criticality"`
	Well        bool        `json:"well"`
	// Begun says whether it was well once.
	Begun bool `json:"begun"`
	// Said is "ok", or what is wrong.
	Said string `json:"said"`
	// At is when that was said, and Took how long it took to say it, in nanoseconds as JSON.
	At   time.Time     `json:"at"`
	Took time.Duration `json:"took"`
	// Changes are the first answer and the latest changes between well and not, at most 20, the oldest first.
	Changes []Change `json:"changes"`
}

// Change is a turn of a check: from well to not, or back.
type Change struct {
	At   time.Time `json:"at"`
	Well bool      `json:"well"`
	// Said is what was said at that moment: "ok", or what was wrong.
	Said string `json:"said"`
}

// fails says whether the process takes no work for it.
func (a Answer) fails() bool {
	return !a.Well && (a.Criticality == Critical || a.Criticality == Startup && !a.Begun)
}

// remembered is how many changes of a check are kept.
const remembered = 20
