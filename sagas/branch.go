package sagas

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/resilience"
)

// All runs branches of a flow side by side, at most limit at once, or all of them where limit is 0, and returns when all have
// ended, with their errors in the order of the branches. A branch uses the Saga that it is given, and no other. Only one of them
// works at a time, but not in the same order when the flow is played again: let each set variables of its own.
func All(s *Saga, limit int, branches ...func(*Saga) error) error {
	f := s.fork(branches)
	if limit <= 0 || limit > len(branches) {
		limit = len(branches)
	}
	f.join(limit)
	for _, child := range f.children {
		if child.now.After(s.now) {
			s.now = child.now
		}
	}
	s.end()
	return errors.Join(f.errs...)
}

// First runs branches side by side until one ends without an error, and returns its index. To the others, whatever they wait for
// is cancelled then, and they begin no step any more; a step that is under way is let to its end. When all have ended, what the
// steps of the others did is undone, and First returns. When all branches fail, it returns their errors, and nothing is undone yet.
func First(s *Saga, branches ...func(*Saga) error) (int, error) {
	f := s.fork(branches)
	for _, child := range f.children {
		child.racing = true
	}
	winner := -1
	if e, met := s.run.journal[f.at]; met {
		s.fits(e, &op{kind: KindFirst})
		delete(s.run.journal, f.at)
		if index, err := strconv.Atoi(string(e.Out)); err == nil && index < len(branches) {
			winner = index
		}
		f.won(winner)
	}
	f.ended = func(i int) {
		if winner < 0 && f.errs[i] == nil {
			winner = i
			f.won(i)
			s.run.noted = append(s.run.noted, Entry{At: f.at, Kind: KindFirst, Out: []byte(strconv.Itoa(i)), When: f.children[i].now})
		}
	}
	f.join(len(branches))
	if winner < 0 {
		s.end()
		if len(branches) == 0 {
			return -1, errNone
		}
		return -1, errors.Join(f.errs...)
	}
	if now := f.children[winner].now; now.After(s.now) {
		s.now = now
	}
	s.undoLosers(f.at, winner)
	s.end()
	return winner, nil
}

// fork is a place where a flow has branches.
type fork struct {
	parent   *Saga
	at       string
	branches []func(*Saga) error
	children []*Saga
	errs     []error
	ended    func(int)
	planned  int // to begin
	begun    int
	done     int
	joined   chan struct{}
}

func (s *Saga) fork(branches []func(*Saga) error) *fork {
	at := s.path + strconv.Itoa(s.next+1)
	s.begin(&op{at: at, kind: forked})
	s.next++
	f := &fork{
		parent: s, at: at, branches: branches, errs: make([]error, len(branches)),
		joined: make(chan struct{}), ended: func(int) {},
	}
	for i := range branches {
		child := &Saga{run: s.run, parent: s, path: f.at + "." + strconv.Itoa(i) + ".", now: s.now}
		child.busy.Store(&op{kind: idle})
		f.children = append(f.children, child)
	}
	return f
}

// won tells the branches that did not win.
func (f *fork) won(winner int) {
	for i, child := range f.children {
		child.lost = i != winner
	}
}

// join begins so many branches, and waits until all have ended.
func (f *fork) join(limit int) {
	if len(f.branches) == 0 {
		return
	}
	r := f.parent.run
	for range limit {
		f.plan()
	}
	r.yield()
	select {
	case <-f.joined:
	case <-r.life.Done():
		runtime.Goexit()
	}
}

// plan lets one more branch begin, if there is one.
func (f *fork) plan() {
	if f.planned < len(f.branches) {
		f.planned++
		f.parent.run.ready = append(f.parent.run.ready, f.begin)
	}
}

// begin begins the next branch.
func (f *fork) begin() {
	i := f.begun
	f.begun++
	go f.play(i)
}

func (f *fork) play(i int) {
	r, returned := f.parent.run, false
	defer func() {
		v := recover()
		if !returned && r.dead() { // nobody waits, and a turn may look at the run
			return
		}
		if f.children[i].over && v == nil {
			f.errs[i], returned = ErrCancelled, true
		} else if v != nil {
			r.broken = "the flow panicked: " + clip(fmt.Sprint(v))
			r.runner.logger().Error("sagas: a flow panicked", "flow", r.runner.name, "stack", string(debug.Stack()))
		} else if !returned && r.broken == "" {
			r.broken = r.left("a branch of the flow")
		}
		f.children[i].busy.Store(&op{kind: idle})
		if returned {
			f.ending(i)
		}
		r.yield()
	}()
	f.children[i].busy.Store(nil)
	f.errs[i] = f.branches[i](f.children[i])
	returned = true
}

func (f *fork) ending(i int) {
	r := f.parent.run
	f.ended(i)
	f.done++
	f.plan()
	if f.done == len(f.branches) {
		r.ready = append(r.ready, func() { close(f.joined) })
	}
}

// errNone is what First without branches returns.
var errNone = resilience.Permanent(errors.New("sagas: there is no branch"))

// races says whether another branch may win.
func (s *Saga) races() bool { return s != nil && (s.racing || s.parent.races()) }

// hasLost says whether another branch has won.
func (s *Saga) hasLost() bool { return s != nil && (s.lost || s.parent.hasLost()) }

// undoLosers undoes what the branches did that have not won.
func (s *Saga) undoLosers(at string, winner int) {
	r := s.run
	lost := func(u *undo) bool {
		return strings.HasPrefix(u.op.at, at+".") && !strings.HasPrefix(u.op.at, at+"."+strconv.Itoa(winner)+".")
	}
	var losers []*undo
	for _, u := range r.undos {
		if lost(u) {
			losers = append(losers, u)
		}
	}
	slices.SortStableFunc(losers, latest)
	for _, u := range losers {
		if _, done := r.journal[u.op.at]; !done {
			u.op.saga = s
			r.wait(u.op)
		}
	}
	r.undos = slices.DeleteFunc(r.undos, lost)
}
