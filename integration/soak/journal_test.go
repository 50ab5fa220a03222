package soak_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// journal is what a process believes, one JSON object a line. A line is one write to a file, so that it survives the
// process however that ends.
type journal struct{ file *os.File }

// note is a line. At is by the machine's monotonic clock, which all processes share, taken before what was looked at.
type note struct {
	At    int64  `json:"at"`
	What  what   `json:"what"`
	Token int64  `json:"token,omitempty"`
	Name  string `json:"name,omitempty"`
	Call  int64  `json:"call,omitempty"` // when what returned now was called
	Text  string `json:"text,omitempty"`

	Wall    int64 `json:"wall,omitempty"` // in nanoseconds since 1970
	Number  int   `json:"number,omitempty"`
	Attempt int   `json:"attempt,omitempty"`
}

type what string

const (
	reigns   what = "reigns"   // a singleton's lease was good after At
	granted  what = "granted"  // an acquire that was called at Call has returned before At; the lease was not looked at yet
	believes what = "believes" // a lock's lease was good after At
	over     what = "over"     // a lock's lease is not believed in from At on
	released what = "released" // a release has returned before At
	begins   what = "begins"   // a handler was called before At
	handles  what = "handles"  // so many jobs, as Number says
	ends     what = "ends"     // and has returned after it, with what Text says
)

func openJournal(path string) (*journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return &journal{file: file}, err
}

func (j *journal) write(n note) error {
	line, err := json.Marshal(n)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(line, '\n'))
	return err
}

func (j *journal) close() error { return j.file.Close() }

// readJournal reads the lines of a process that has ended. The last one may be cut off.
func readJournal(path string) ([]note, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // it was killed before it began
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var notes []note
	for lines := bufio.NewReader(file); ; {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return notes, nil
		}
		if err != nil {
			return nil, err
		}
		var n note
		if err := json.Unmarshal([]byte(strings.TrimSpace(line)), &n); err != nil {
			return nil, err
		}
		notes = append(notes, n)
	}
}

// monotonic is the machine's clock in nanoseconds.
func monotonic() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err)
	}
	return now.Nano()
}
