package cache_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/request"
)

func limiter(t testing.TB, client redis.UniversalClient, rate cache.Rate, opts ...cache.LimiterOption) *cache.Limiter {
	t.Helper()
	l, err := cache.NewLimiter(client, "api", rate, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func take(t testing.TB, l *cache.Limiter, tenant request.Tenant, n int) cache.Decision {
	t.Helper()
	d, err := l.Take(as(t, tenant), "orders", n)
	if err != nil {
		t.Error(err)
	}
	return d
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	rate := cache.Rate{Count: 1, Per: time.Minute, Burst: 3}
	here, there := limiter(t, s.client(), rate), limiter(t, s.client(), rate)
	for want := 2; want >= 0; want-- {
		if d := take(t, here, "acme", 1); !d.Allowed || d.Remaining != want || d.Limit != 3 || d.Degraded || d.RetryAfter != 0 {
			t.Errorf("%+v", d)
		}
		here, there = there, here
	}
	d := take(t, there, "acme", 1)
	if d.Allowed || d.Remaining != 0 || d.RetryAfter <= 0 || d.RetryAfter > time.Minute || d.Reset > 3*time.Minute || d.Reset < 2*time.Minute {
		t.Errorf("%+v", d)
	}
	h := http.Header{}
	d.Reset, d.RetryAfter = 150*time.Second, 30500*time.Millisecond
	d.SetHeaders(h)
	if h.Get("RateLimit") != `"api";r=0;t=150` || h.Get("RateLimit-Policy") != `"api";q=3;w=180` || h.Get("Retry-After") != "31" {
		t.Errorf("%v", h)
	}
	if d := take(t, here, "other", 3); !d.Allowed || d.Remaining != 0 {
		t.Errorf("another tenant's: %+v", d)
	}
	if d := take(t, here, "third", 2); !d.Allowed || take(t, here, "third", 2).Allowed || !take(t, here, "third", 1).Allowed {
		t.Error("what is refused takes something, or what is allowed does not")
	}
	for _, wrong := range []int{0, -1, 4} {
		if _, err := here.Take(as(t, "acme"), "orders", wrong); !errors.Is(err, cache.ErrKey) {
			t.Errorf("%d at once: %v", wrong, err)
		}
	}
	if _, err := here.Take(context.Background(), "orders", 1); !errors.Is(err, cache.ErrTenant) {
		t.Errorf("without a tenant: %v", err)
	}
}

// TestLimiterHoldsTheRate asks in four processes for more than there is, for 2 seconds.
func TestLimiterHoldsTheRate(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	rate := cache.Rate{Count: 100, Per: time.Second, Burst: 20}
	var allowed atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range 4 {
		l := limiter(t, s.client(), rate, cache.RedisLimit(20*time.Second))
		for range 3 {
			all.Go(func() {
				for time.Since(began) < 2*time.Second {
					if take(t, l, "acme", 1).Allowed {
						allowed.Add(1)
					}
				}
			})
		}
	}
	all.Wait()
	if most, got := 21+int64(100*time.Since(began).Seconds()), allowed.Load(); got > most || got < 100 {
		t.Errorf("%d are allowed, of at most %d", got, most)
	}
	client := s.client()
	eventually(t, "a tenant who rests leaves nothing behind", func() bool { return client.DBSize(t.Context()).Val() == 0 })
}

// TestManyTenants holds that each of ten thousand has a rate of its own, while one of them asks all the time.
func TestManyTenants(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	l := limiter(t, s.client(), cache.Rate{Count: 1, Per: time.Hour}, cache.RedisLimit(20*time.Second))
	var refused, allowed atomic.Int64
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := worker; i < 10_000; i += 8 {
				if take(t, l, request.Tenant(fmt.Sprint("t", i)), 1).Allowed {
					allowed.Add(1)
				}
				if !take(t, l, request.Tenant(fmt.Sprint("t", i)), 1).Allowed {
					refused.Add(1)
				}
				_ = take(t, l, "loud", 1)
			}
		})
	}
	all.Wait()
	if allowed.Load() != 10_000 || refused.Load() != 10_000 {
		t.Errorf("of ten thousand tenants %d got theirs, and %d no more than that", allowed.Load(), refused.Load())
	}
}

type counting struct{ commands *atomic.Int64 }

func (c counting) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (c counting) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { c.commands.Add(1); return next(ctx, cmd) }
}

func (c counting) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestLimiterMakesOneRoundTrip(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	client := s.client()
	l := limiter(t, client, cache.Rate{Count: 100, Per: time.Minute})
	take(t, l, "acme", 1) // the server learns the script
	var commands atomic.Int64
	client.AddHook(counting{&commands})
	for i := range 10 {
		take(t, l, request.Tenant(fmt.Sprint("tenant", i)), 1)
	}
	if commands.Load() != 10 {
		t.Errorf("ten decisions are %d commands", commands.Load())
	}
}

func TestLimiterWithoutRedis(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	rate := cache.Rate{Count: 1, Per: time.Hour, Burst: 3}
	alone := limiter(t, s.client(), rate)
	open, closed := limiter(t, s.client(), rate, cache.WhenGone(cache.GoneOpen)), limiter(t, s.client(), rate, cache.WhenGone(cache.GoneClosed))
	if d := take(t, closed, "acme", 1); !d.Allowed || d.Degraded {
		t.Errorf("with Redis: %+v", d)
	}
	s.kill()
	for i := range 5 {
		if d := take(t, alone, "acme", 1); d.Allowed != (i < 3) || !d.Degraded {
			t.Errorf("alone, %d: %+v", i, d)
		}
		if d := take(t, open, "acme", 1); !d.Allowed || !d.Degraded {
			t.Errorf("open: %+v", d)
		}
		if d := take(t, closed, "acme", 1); d.Allowed || !d.Degraded || d.RetryAfter <= 0 {
			t.Errorf("closed: %+v", d)
		}
	}
	ended, cancel := context.WithCancel(as(t, "acme"))
	cancel()
	if _, err := open.Take(ended, "orders", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("whose caller has gone: %v", err)
	}
	s.start()
	eventually(t, "Redis decides again", func() bool { return !take(t, closed, "acme", 1).Degraded })
	for name, wrong := range map[string]cache.Rate{"count": {Per: time.Second}, "per": {Count: 1}, "dense": {Count: 1 << 30, Per: time.Second}} {
		if _, err := cache.NewLimiter(s.client(), "api", wrong); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
