package cache_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/resilience"
)

func TestInvalidate(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	var from origin
	here, there := process(t, s, &from), process(t, s, &from)
	keeps(t, s, here, &from)
	keeps(t, s, there, &from)
	for round := range 20 {
		old := get(t, here, "acme", "k")
		if value := get(t, there, "acme", "k"); value != old {
			t.Fatalf("%q and %q", old, value)
		}
		from.change(func(o *origin) { o.version++ })
		if err := here.Invalidate(as(t, "acme"), "k", "another"); err != nil {
			t.Fatal(err)
		}
		if value := get(t, here, "acme", "k"); value == old {
			t.Fatalf("round %d: who invalidated gets the old %q", round, value)
		}
		eventually(t, "the other process is told", func() bool { return get(t, there, "acme", "k") != old })
	}
}

// TestInvalidationBeatsLoad lets a load that read the old value end after the invalidation.
func TestInvalidationBeatsLoad(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	var from origin
	here, there := process(t, s, &from), process(t, s, &from)
	keeps(t, s, here, &from)
	keeps(t, s, there, &from)
	for key, loader := range map[string]*cache.Cache[string, string]{"a": here, "b": there} {
		var before int
		hold := make(chan struct{})
		from.change(func(o *origin) { o.hold = hold; before = o.loads })
		old := make(chan string, 1)
		go func() { old <- get(t, loader, "acme", key) }()
		eventually(t, "it has read the old value", func() bool { loads, _ := from.made(); return loads == before+1 })
		from.change(func(o *origin) { o.version++; o.hold = nil })
		if err := here.Invalidate(as(t, "acme"), key); err != nil {
			t.Fatal(err)
		}
		fresh := get(t, here, "acme", key)
		close(hold)
		if stale := <-old; stale == fresh {
			t.Fatalf("both are %q, so nothing is tested", stale)
		}
		for range 50 {
			if a, b := get(t, here, "acme", key), get(t, there, "acme", key); a != fresh || b != fresh {
				t.Fatalf("the old value came back: %q, %q, want %q", a, b, fresh)
			}
			<-time.After(time.Millisecond)
		}
	}
}

// TestRedisGone kills the server, and starts it again.
func TestRedisGone(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	var from origin
	c := process(t, s, &from, cache.Loads(4, 10*time.Second))
	keeps(t, s, c, &from)
	old := get(t, c, "acme", "k")
	s.kill()
	from.change(func(o *origin) { o.version++; o.most = 0 })
	eventually(t, "what was kept is forgotten with the connection", func() bool { return get(t, c, "acme", "k") != old })
	if err := c.Invalidate(as(t, "acme"), "k"); !errors.Is(err, cache.ErrGone) || resilience.ClassOf(err) != resilience.ClassTransient {
		t.Errorf("an invalidation that nobody heard of: %v", err)
	}
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() { get(t, c, "acme", string(rune('a'+i%100))) })
	}
	all.Wait()
	if _, most := from.made(); most > 4 {
		t.Errorf("%d load at once", most)
	}
	s.start()
	eventually(t, "values are kept again", func() bool {
		before, _ := from.made()
		get(t, c, "acme", "again")
		get(t, c, "acme", "again")
		after, _ := from.made()
		return before == after
	})
}

// TestRedisHangs stops the server, whose connections stay: nobody is told that it is gone.
func TestRedisHangs(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	var from origin
	c := process(t, s, &from, cache.RedisLimit(100*time.Millisecond))
	keeps(t, s, c, &from)
	old := get(t, c, "acme", "k")
	s.freeze()
	from.change(func(o *origin) { o.version++ })
	for range 3 {
		began := time.Now()
		get(t, c, "acme", "new")
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("a value from the source took %s", took)
		}
	}
	eventually(t, "a silent connection counts as lost", func() bool { return get(t, c, "acme", "k") != old })
}
