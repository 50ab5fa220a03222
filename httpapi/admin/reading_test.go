package admin_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/httpapi/admin"
)

// slow is a house whose lamps are read for as long as it is told.
type slow struct {
	house
	takes atomic.Int64 // time.Duration
	cut   atomic.Int64 // readings that were cancelled
}

func (s *slow) read(ctx context.Context) ([]lamp, error) {
	rows, err := s.house.read(ctx)
	select {
	case <-time.After(time.Duration(s.takes.Load())):
		return rows, err
	case <-ctx.Done():
		s.cut.Add(1)
		return nil, ctx.Err()
	}
}

func openSlow(t *testing.T) (*slow, *admin.Console) {
	t.Helper()
	s := &slow{house: house{lamps: []lamp{{id: "a"}}}}
	spec := s.spec()
	spec.Read = s.read
	return s, open(t, &paper{}, admin.Actors("operator"), sections(t, spec))
}

// TestPagesWhileItReads looks at a section that takes long to be read.
func TestPagesWhileItReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := openSlow(t)
		first := ask(t, c, olga, "GET", "/api/lamps", "")
		s.set(lamp{id: "a"}, lamp{id: "b"})
		s.takes.Store(int64(20 * time.Second))
		<-time.After(3 * time.Second) // what was read has served its time
		var asking sync.WaitGroup
		for range 5 {
			asking.Go(func() {
				began := time.Now()
				got := ask(t, c, olga, "GET", "/api/lamps", "")
				var asOf struct{ Read time.Time }
				if err := json.Unmarshal([]byte(got.body), &asOf); err != nil || got.ids() != first.ids() || time.Since(began) != time.Second ||
					time.Since(asOf.Read) < 3*time.Second {
					t.Errorf("after %s: %d %s %v", time.Since(began), got.status, got.body, err)
				}
			})
		}
		asking.Wait()
		<-time.After(20 * time.Second)
		if got := ask(t, c, olga, "GET", "/api/lamps", ""); got.ids() != "a b" || s.count() != 2 {
			t.Errorf("%s, read %d times", got.ids(), s.count())
		}
	})
}

// TestReadingEndsWithItsViewers has the only two viewers go while a section is read for the first time.
func TestReadingEndsWithItsViewers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := openSlow(t)
		s.takes.Store(int64(20 * time.Second))
		var asking sync.WaitGroup
		for i := range 2 {
			asking.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
				defer cancel()
				r := httptest.NewRequestWithContext(ctx, "GET", "/api/lamps", nil)
				r.Header.Set("Authorization", "Bearer "+olga)
				c.ServeHTTP(httptest.NewRecorder(), r)
			})
		}
		<-time.After(1500 * time.Millisecond)
		if s.cut.Load() != 0 {
			t.Error("it ends while somebody waits")
		}
		asking.Wait()
		synctest.Wait()
		if s.cut.Load() != 1 || s.count() != 1 {
			t.Errorf("read %d times, ended %d times", s.count(), s.cut.Load())
		}
		if got := ask(t, c, olga, "GET", "/api/lamps", ""); got.ids() != "a" || s.count() != 2 {
			t.Errorf("who comes later: %d %s, read %d times", got.status, got.body, s.count())
		}
	})
}
