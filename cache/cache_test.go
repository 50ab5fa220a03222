package cache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/request"
)

// process is a cache that runs, as in a process of its own.
func process(t testing.TB, s *server, from *origin, opts ...cache.Option) *cache.Cache[string, string] {
	t.Helper()
	c, err := cache.New(s.client(), "things", from.load, opts...)
	if err != nil {
		t.Fatal(err)
	}
	running(t, c)
	return c
}

// running runs the cache until the test ends.
func running(t testing.TB, c *cache.Cache[string, string]) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// keeps waits until the process keeps values: one whose key is removed behind its back is still there.
func keeps(t testing.TB, s *server, c *cache.Cache[string, string], from *origin) {
	t.Helper()
	client := s.client()
	eventually(t, "the process keeps values", func() bool {
		get(t, c, "acme", "probe")
		client.Del(t.Context(), "millrace:cache:things:1:acme:probe")
		before, _ := from.made()
		get(t, c, "acme", "probe")
		after, _ := from.made()
		return before == after
	})
}

func get(t testing.TB, c *cache.Cache[string, string], tenant, key string) string {
	t.Helper()
	value, err := c.Get(as(t, request.Tenant(tenant)), key)
	if err != nil {
		t.Error(err)
	}
	return value
}

func TestReadThrough(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	var from origin
	var processes []*cache.Cache[string, string]
	for range 4 {
		processes = append(processes, process(t, s, &from))
	}
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if value := get(t, processes[i%4], "acme", "k"); value != "acme/k/0" {
				t.Errorf("%q", value)
			}
		})
	}
	all.Wait()
	if loads, _ := from.made(); loads != 1 {
		t.Errorf("200 who want one value at once, in four processes, load it %d times", loads)
	}
	if value := get(t, processes[1], "other", "k"); value != "other/k/0" {
		t.Errorf("another tenant gets %q", value)
	}
	if _, err := processes[0].Get(context.Background(), "k"); !errors.Is(err, cache.ErrTenant) {
		t.Errorf("without a tenant: %v", err)
	}
	if _, err := processes[0].Get(as(t, "a:b"), "k"); !errors.Is(err, cache.ErrTenant) {
		t.Errorf("a tenant that reaches into another's keys: %v", err)
	}
	if _, err := processes[0].Get(as(t, "acme"), ""); !errors.Is(err, cache.ErrKey) {
		t.Errorf("without a key: %v", err)
	}
	shared, err := cache.New(s.client(), "numbers", func(context.Context, int) (int, error) { return 7, nil }, cache.Shared())
	if err != nil {
		t.Fatal(err)
	}
	if seven, err := shared.Get(context.Background(), 1); seven != 7 || err != nil {
		t.Errorf("shared: %d, %v", seven, err)
	}
}

func TestNotFoundIsRemembered(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	loads, client := 0, s.client()
	answer := fmt.Errorf("no row: %w", cache.ErrNotFound)
	c, err := cache.New(client, "rows", func(context.Context, string) (int, error) { loads++; return 5, answer },
		cache.Shared(), cache.TTL(time.Hour, 30*time.Minute), cache.Jitter(0.5))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := c.Get(t.Context(), "x"); !errors.Is(err, cache.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if left := client.PTTL(t.Context(), "millrace:cache:rows:1::x").Val(); loads != 1 || left > 30*time.Minute || left < 14*time.Minute {
		t.Errorf("%d loads, and it is remembered for %s", loads, left)
	}
	answer = errors.New("broken")
	for range 2 {
		if _, err := c.Get(t.Context(), "y"); !errors.Is(err, answer) {
			t.Fatal(err)
		}
	}
	if loads != 3 {
		t.Errorf("a failed load is remembered, or holds up the next: %d loads", loads)
	}
	answer = nil
	lives := map[time.Duration]bool{}
	for i := range 20 {
		key := fmt.Sprint(i)
		if _, err := c.Get(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		left := client.PTTL(t.Context(), "millrace:cache:rows:1::"+key).Val()
		lives[left.Round(time.Minute)] = true
		if left > time.Hour || left < 29*time.Minute {
			t.Errorf("it lives for %s", left)
		}
	}
	if len(lives) < 5 {
		t.Errorf("what was loaded together ends together: %v", lives)
	}
}

func TestPanickingLoad(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	c, err := cache.New(s.client(), "rows", func(context.Context, string) (int, error) { panic("broken") }, cache.Shared())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.Get(t.Context(), "x"); err == nil {
			t.Error("no error")
		}
	}
}

// TestDeadLoader finds the lease of a process that has died while it loaded.
func TestDeadLoader(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	var from origin
	c := process(t, s, &from)
	s.client().Set(t.Context(), "millrace:cache:things:1:acme:k", "lDEAD", 2*time.Second)
	if value := get(t, c, "acme", "k"); value != "acme/k/0" {
		t.Errorf("%q", value)
	}
	// One that lives keeps its lease for as long as it loads.
	from.change(func(o *origin) { o.hold = make(chan struct{}) })
	other := process(t, s, &from)
	values := make(chan string, 2)
	go func() { values <- get(t, c, "acme", "slow") }()
	eventually(t, "one loads", func() bool { loads, _ := from.made(); return loads == 2 })
	go func() { values <- get(t, other, "acme", "slow") }()
	<-time.After(3 * time.Second)
	close(from.hold)
	if a, b := <-values, <-values; a != b {
		t.Errorf("%q, %q", a, b)
	}
	if loads, _ := from.made(); loads != 2 {
		t.Errorf("a load that takes longer than the lease is made again: %d", loads)
	}
}
