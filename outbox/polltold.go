package outbox

import "time"

// pollTold is what a relay's status says of its looks.
type pollTold struct {
	note  func(func(*Status))
	whole time.Time // when a look showed all that there was
	at    time.Time // of the last rate
	seen  int64
}

// tell notes a look: what waits now was committed after the last one that showed all.
func (t *pollTold) tell(now time.Time, read int, all bool) {
	if all || t.whole.IsZero() {
		t.whole = now
	}
	t.note(func(s *Status) {
		if s.Behind = 0; read > 0 {
			s.Behind = now.Sub(t.whole)
		}
		if t.at.IsZero() {
			t.at, t.seen = now, s.Published
		}
		if since := now.Sub(t.at); since >= reportEvery {
			s.Rate = float64(s.Published-t.seen) / since.Seconds()
			t.at, t.seen = now, s.Published
		}
	})
}
