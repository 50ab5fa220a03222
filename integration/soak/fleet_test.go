package soak_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// life is one process of a worker, from its start to its end.
type life struct {
	name    string
	cmd     *exec.Cmd
	journal string
	exited  chan struct{}
	err     error
	asked   bool // it was told to end, or killed
	pauses  []pause
	gone    int64 // when it was killed, or had ended, by the machine's clock
}

// pause is when a process stood still, by the machine's clock.
type pause struct{ from, to int64 }

// fleet are the workers' processes.
type fleet struct {
	dir, cluster string
	seed         uint64
	timeline     *timeline
	env          []string // for each worker

	mu     sync.Mutex
	count  int
	lives  []*life
	ending sync.WaitGroup
}

// endLimit is how long a worker may take to end in good order while nothing else is wrong.
const endLimit = 90 * time.Second

// start begins a worker's next life.
func (f *fleet) start(worker int) (*life, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	l := &life{name: fmt.Sprintf("w%d-%d", worker, f.count), exited: make(chan struct{})}
	l.journal = filepath.Join(f.dir, l.name+".jsonl")
	output, err := os.Create(filepath.Join(f.dir, l.name+".log"))
	if err != nil {
		return nil, err
	}
	l.cmd = exec.Command(os.Args[0])
	l.cmd.Stdout, l.cmd.Stderr = output, output
	l.cmd.Env = append(append(os.Environ(), f.env...), workerVariable+"="+l.name, clusterVariable+"="+f.cluster, journalVariable+"="+l.journal,
		seedVariable+"="+strconv.FormatUint(f.seed+uint64(f.count), 10))
	if worker%2 == 0 {
		l.cmd.Env = append(l.cmd.Env, stateVariable+"="+filepath.Join(f.dir, fmt.Sprintf("state-w%d", worker)))
	}
	if err := errors.Join(l.cmd.Start(), output.Close()); err != nil {
		return nil, err
	}
	f.lives = append(f.lives, l)
	f.ending.Go(func() {
		err := l.cmd.Wait()
		f.mu.Lock()
		if l.err = err; !l.asked {
			f.timeline.breaks("%s ended by itself: %v", l.name, err)
		}
		f.mu.Unlock()
		l.gone = monotonic()
		close(l.exited)
	})
	f.timeline.say("%s starts", l.name)
	return l, nil
}

// kill ends a process as it stands.
func (f *fleet) kill(l *life) {
	f.timeline.say("%s is killed", l.name)
	f.expect(l)
	gone := monotonic()
	_ = l.cmd.Process.Kill()
	<-l.exited
	l.gone = gone
}

// end lets a process end in good order, and finds fault where it does not.
func (f *fleet) end(l *life) {
	f.timeline.say("%s is told to end", l.name)
	if !f.expect(l) {
		return // it is known to have ended by itself
	}
	_ = l.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(endLimit, func() {
		f.timeline.breaks("%s has not ended after %s", l.name, endLimit)
		_ = l.cmd.Process.Signal(syscall.SIGQUIT) // it tells where its goroutines are
	})
	<-l.exited
	if late.Stop() && l.err != nil {
		f.timeline.breaks("%s did not end in good order: %v", l.name, l.err)
	}
	f.timeline.say("%s has ended", l.name)
}

// expect says that the process is to end now, and whether it runs.
func (f *fleet) expect(l *life) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	l.asked = true
	select {
	case <-l.exited:
		return false
	default:
		return true
	}
}

// stop lets a process stand still until cont.
func (f *fleet) stop(l *life) {
	f.timeline.say("%s stands still", l.name)
	l.pauses = append(l.pauses, pause{from: monotonic()})
	_ = l.cmd.Process.Signal(syscall.SIGSTOP)
}

func (f *fleet) cont(l *life) {
	_ = l.cmd.Process.Signal(syscall.SIGCONT)
	l.pauses[len(l.pauses)-1].to = monotonic()
	f.timeline.say("%s goes on", l.name)
}

// close kills what still runs.
func (f *fleet) close() {
	f.mu.Lock()
	for _, l := range f.lives {
		l.asked = true
		_ = l.cmd.Process.Kill()
	}
	f.mu.Unlock()
	f.ending.Wait()
}
