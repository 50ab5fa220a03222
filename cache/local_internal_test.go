package cache

import (
	"container/list"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLocalIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := local{most: 2000, entries: map[string]*list.Element{}, flights: map[string]*flight{}, live: true}
		key := rapid.Map(rapid.IntRange(0, 30), func(n int) string { return fmt.Sprint("key", n) })
		now, last := time.Now(), ""
		t.Repeat(map[string]func(*rapid.T){
			"get": func(t *rapid.T) {
				k := key.Draw(t, "key")
				if raw, f, began := l.find(k, now); began {
					size := rapid.IntRange(1, 2500).Draw(t, "size")
					l.land(k, f, make([]byte, size), now.Add(time.Minute), nil)
					if last = k; size+len(k)+overhead > l.most {
						last = ""
					}
				} else if raw == nil {
					t.Fatal("neither a value nor a flight of one's own")
				}
			},
			"invalidate": func(t *rapid.T) { last = ""; l.invalidate(key.Draw(t, "key")) },
			"flush":      func(*rapid.T) { last = ""; l.flush(true) },
			"pass":       func(*rapid.T) { last = ""; now = now.Add(time.Minute) },
			"": func(t *rapid.T) {
				sum := 0
				for _, element := range l.entries {
					sum += element.Value.(*entry).size()
				}
				if sum != l.bytes || sum > l.most || l.order.Len() != len(l.entries) || len(l.flights) != 0 {
					t.Fatalf("%d bytes are counted of %d, at most %d; %d flights", l.bytes, sum, l.most, len(l.flights))
				}
				if _, kept := l.entries[last]; last != "" && !kept {
					t.Fatalf("%s, which came last, is not kept", last)
				}
			},
		})
	})
}

// TestStaleFlights lets a value that was read from Redis arrive after its invalidation, or after a time without invalidations.
func TestStaleFlights(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(*local){
		"invalidated": func(l *local) { l.invalidate("k") },
		"lost":        func(l *local) { l.flush(false) },
		"lost and found": func(l *local) {
			l.flush(false)
			l.flush(true)
		},
	} {
		l := local{most: 2000, entries: map[string]*list.Element{}, flights: map[string]*flight{}, live: true}
		_, old, _ := l.find("k", time.Now())
		between(&l)
		if raw, f, began := l.find("k", time.Now()); raw != nil || f == old || !began {
			t.Errorf("%s: who asks after it waits for the old value", name)
		}
		l.land("k", old, []byte("vold"), time.Now().Add(time.Hour), nil)
		if raw, _, _ := l.find("k", time.Now()); raw != nil {
			t.Errorf("%s: the old value is kept", name)
		}
	}
	l := local{most: 2000, entries: map[string]*list.Element{}, flights: map[string]*flight{}}
	_, f, _ := l.find("k", time.Now())
	l.land("k", f, []byte("v"), time.Now().Add(time.Hour), nil)
	if raw, _, _ := l.find("k", time.Now()); raw != nil {
		t.Error("a value is kept although no invalidations arrive")
	}
}
