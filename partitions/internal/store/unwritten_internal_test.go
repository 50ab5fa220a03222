package store

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestUnwritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := newUnwritten(100, time.Minute)
		admitted := make(chan error, 1)
		ask := func() { go func() { admitted <- u.admit() }() }
		expect := func(why string, in bool, want error) {
			t.Helper()
			synctest.Wait()
			select {
			case err := <-admitted:
				if !in || !errors.Is(err, want) {
					t.Errorf("%s: admitted, %v", why, err)
				}
			default:
				if in {
					t.Error(why + ": not admitted")
				}
			}
		}
		due := func() int {
			n := len(u.due)
			select {
			case <-u.due:
			default:
			}
			return n
		}

		began := time.Now()
		u.grow(100, 400)
		ask()
		expect("as much as may be", true, nil)
		<-u.late.C
		if after := time.Since(began); after != time.Minute || due() != 0 {
			t.Errorf("it is written after %v", after)
		}
		u.grow(1, 0)
		ask()
		expect("more than may be in memory", false, nil)
		u.shrink(1)
		expect("some was thrown away", true, nil)
		u.grow(0, 1)
		ask()
		expect("more than a crash may cost", false, nil)
		if due() != 1 {
			t.Error("it is not said to be time to write")
		}
		u.reset()
		expect("all is being written", true, nil)
		u.grow(101, 0)
		ask()
		expect("more than may be in memory again", false, nil)
		u.end(ErrDamaged)
		expect("writing failed", true, ErrDamaged)
		u.end(ErrClosed)
		ask()
		expect("closed after it", true, ErrDamaged)
		select {
		case <-time.After(time.Hour):
		case <-u.late.C:
			if time.Since(began) < 2*time.Minute {
				t.Error("what was applied after writing is not given its time")
			}
		}
	})
}
