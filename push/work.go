package push

import (
	"net/http"
	"sync/atomic"
	"time"
)

// work is what of a connection's calls is done before its hub stops: methods and publications. Streams, which may have no end, are cut.
type work struct {
	underWay atomic.Int64
	stopping atomic.Bool
}

// workLimit is how long a hub that stops waits for these. What is left of drainLimit is for closing.
const workLimit = drainLimit - time.Second

var errStopping = &Problem{Status: http.StatusServiceUnavailable, Detail: "the server stops: connect again"}

// works says whether the connection's end is put off: until all is done, or time is over. The client's lock is held.
func (s *socket) works() bool {
	s.stopping.Store(true)
	if s.underWay.Load() == 0 {
		return false
	}
	time.AfterFunc(workLimit, s.worked)
	return true
}

func (s *socket) worked() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish(whyDrain)
}

// begins is false where nothing begins any more. Who may begin says when it is done, behind its answer.
func (s *socket) begins() bool {
	s.underWay.Add(1)
	if s.stopping.Load() {
		s.done()
		return false
	}
	return true
}

func (s *socket) done() {
	if s.underWay.Add(-1) == 0 && s.stopping.Load() {
		s.worked()
	}
}
