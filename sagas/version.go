package sagas

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Version marks a change of a flow whose sagas live. A saga that comes to it for the first time gets version, which is
// remembered; one that has gone on from here by the flow as it was gets 1, so that it goes its old way to the end:
//
//	if s.Version("gift", 2) >= 2 {
//		… what is new
//	}
//
// The name is like those of [NewStep]. A saga whose node has died just here may get 1 too.
func (s *Saga) Version(name string, version int) int {
	s.living()
	if !namePattern.MatchString(name) || version < 1 {
		s.abort("a version must be at least 1, and its name like that of a step")
	}
	at := s.path + "v:" + name
	if known, met := s.run.versions[at]; met {
		return known
	}
	e, met := s.run.journal[at]
	if met {
		delete(s.run.journal, at)
	} else {
		if s.went() {
			version = 1
		}
		e = Entry{At: at, Kind: KindVersion, Name: name, Out: json.RawMessage(strconv.Itoa(version)), When: s.now}
		s.run.noted = append(s.run.noted, e)
	}
	known, err := strconv.Atoi(string(e.Out))
	if err != nil {
		s.abort("the version " + name + " in the journal is no number")
	}
	s.run.versions[at] = known
	return known
}

// went says whether the branch has gone on from here before, or may have.
func (s *Saga) went() bool {
	if s.run.recovering {
		return true
	}
	for at := range s.run.journal {
		if s.beyond(at) {
			return true
		}
	}
	for at := range s.run.tries {
		if s.beyond(at) {
			return true
		}
	}
	return false
}

// beyond says whether a position of this branch comes after what it has asked for.
func (s *Saga) beyond(at string) bool {
	rest, ours := strings.CutPrefix(at, s.path)
	if !ours {
		return false
	}
	number, _, _ := strings.Cut(strings.TrimSuffix(rest, undoMark), ".")
	n, err := strconv.Atoi(number)
	return err == nil && n > s.next
}
