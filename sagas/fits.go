package sagas

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"strconv"
)

// digest is of what a step or a saga is given, so that a flow that gives something else when it is played again is found.
func digest(id string, given []byte) string {
	text := append(strconv.AppendInt(make([]byte, 0, len(id)+len(given)+8), int64(len(id)), 10), '/') //nolint:mnd // and the number
	hash := sha256.Sum256(append(append(text, id...), given...))
	return base64.RawURLEncoding.EncodeToString(hash[:8])
}

// fits parks the saga when the journal has something else than the flow asks for.
func (s *Saga) fits(e Entry, o *op) {
	if e.Kind != o.kind || e.Name != o.name {
		s.abort(fmt.Sprintf("the flow has changed: at %s the journal has %s, and the flow asks for %s",
			e.At, title(e.Kind, e.Name), title(o.kind, o.name)))
	}
	s.fitsGiven(e.Given, o)
}

// fitsWait parks the saga when it waits for something else than the flow asks for, or has tried another step.
func (s *Saga) fitsWait(o *op) {
	w, waits := s.run.tries[o.at]
	if !waits {
		return
	}
	name := o.name
	if o.kind == KindAwait {
		name = o.signal
	}
	if w.Kind != o.kind || w.Name != name {
		s.abort(fmt.Sprintf("the flow has changed: at %s the saga waits for %s, and the flow asks for %s",
			o.at, title(w.Kind, plain(w.Name)), title(o.kind, o.name)))
	}
	s.fitsGiven(w.Given, o)
}

// fitsGiven parks the saga when a step or a saga was given something else than the flow gives it now. Journals of earlier versions
// do not say what was given, and a flow that is only played has other tokens.
func (s *Saga) fitsGiven(given string, o *op) {
	if given == "" || o.given == "" || given == o.given || s.run.blind {
		return
	}
	what := "its input"
	if o.kind == KindCall {
		what = "its id or its input"
	}
	s.abort(fmt.Sprintf("the flow has changed: at %s %s was given something else than the flow gives it now: %s differs",
		o.at, title(o.kind, o.name), what))
}

// title names something that a flow asks for.
func title(k Kind, name string) string {
	if name == "" {
		return "a " + string(k)
	}
	return string(k) + " " + strconv.Quote(name)
}

// abort parks the saga.
func (s *Saga) abort(reason string) {
	s.run.living()
	s.run.broken = reason
	runtime.Goexit()
}
