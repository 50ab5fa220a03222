package tasks

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrWrong is found in the error of a side that has lost or repeated jobs.
var ErrWrong = errors.New("the side is wrong")

// Job is what a handler is given. Pad makes it as long as a small job of an application.
type Job struct {
	N   int    `json:"n"`
	At  int64  `json:"at"` // when Enqueue was called, in nanoseconds
	Pad string `json:"pad"`
}

const pad = "to: somebody@example.com; template: welcome; locale: en; tries to be a small job"

func job(n int) Job { return Job{N: n, At: time.Now().UnixNano(), Pad: pad} }

// ledger knows which jobs were handled.
type ledger struct {
	mu       sync.Mutex
	handled  []bool
	left     int
	repeated int
	first    time.Time
	last     time.Time
	times    []time.Duration
	done     chan struct{} // closed when none is left
}

var jobs ledger //nolint:gochecknoglobals // a side is a process

// expect begins a phase of so many jobs, numbered from 0.
func (l *ledger) expect(count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handled, l.left, l.repeated = make([]bool, count), count, 0
	l.first, l.last, l.times, l.done = time.Time{}, time.Time{}, make([]time.Duration, 0, count), make(chan struct{})
}

// Do is what each job does: it notes that it was handled, and when.
func Do(j Job) {
	now := time.Now()
	jobs.mu.Lock()
	defer jobs.mu.Unlock()
	if j.N < 0 || j.N >= len(jobs.handled) || jobs.handled[j.N] {
		jobs.repeated++
		return
	}
	if jobs.first.IsZero() {
		jobs.first = now
	}
	jobs.handled[j.N] = true
	jobs.last = now
	jobs.times = append(jobs.times, time.Duration(now.UnixNano()-j.At))
	if jobs.left--; jobs.left == 0 {
		close(jobs.done)
	}
}

// verdict says what is wrong with a phase that is over.
func (l *ledger) verdict() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left != 0 || l.repeated != 0 {
		return fmt.Errorf("%w: of %d jobs %d were lost and %d came again", ErrWrong, len(l.handled), l.left, l.repeated)
	}
	return nil
}
