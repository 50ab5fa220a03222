package cache_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/cache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newDedupe(t testing.TB) (*cache.Dedupe, *miniredis.Miniredis) {
	t.Helper()
	server, err := miniredis.Run()
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close(); server.Close() })
	d, err := cache.NewDedupe(client)
	if err != nil {
		t.Fatal(err)
	}
	return d, server
}

// model is what one key should be.
type model struct {
	owner string
	done  bool
	until time.Duration
}

func TestDedupeModel(t *testing.T) {
	t.Parallel()
	d, server := newDedupe(t)
	rapid.Check(t, func(t *rapid.T) {
		server.FlushAll()
		keys := make(map[string]model)
		var now time.Duration
		key := rapid.SampledFrom([]string{"a", "b"})
		owner := rapid.SampledFrom([]string{"x", "y", "z"})
		ttl := rapid.Map(rapid.IntRange(1, 20), func(n int) time.Duration { return time.Duration(n) * time.Second })
		state := func(k string) (model, bool) { m, ok := keys[k]; return m, ok && m.until > now }
		check := func(t *rapid.T, what string, got, want bool, err error) {
			if err != nil || got != want {
				t.Fatalf("%s is %t, want %t (%v)", what, got, want, err)
			}
		}
		held := func(k, o string) bool { m, ok := state(k); return ok && !m.done && m.owner == o }
		t.Repeat(map[string]func(*rapid.T){
			"claim": func(t *rapid.T) {
				k, o, d1 := key.Draw(t, "key"), owner.Draw(t, "owner"), ttl.Draw(t, "lease")
				m, taken := state(k)
				won, done, err := d.Claim(t.Context(), k, o, d1)
				check(t, "won", won, !taken, err)
				check(t, "done", done, taken && m.done, err)
				if won {
					keys[k] = model{owner: o, until: now + d1}
				}
			},
			"extend": func(t *rapid.T) {
				k, o, d1 := key.Draw(t, "key"), owner.Draw(t, "owner"), ttl.Draw(t, "lease")
				got, err := d.Extend(t.Context(), k, o, d1)
				check(t, "held", got, held(k, o), err)
				if got {
					keys[k] = model{owner: o, until: now + d1}
				}
			},
			"done": func(t *rapid.T) {
				k, o, d1 := key.Draw(t, "key"), owner.Draw(t, "owner"), ttl.Draw(t, "retention")
				got, err := d.Done(t.Context(), k, o, d1)
				check(t, "held", got, held(k, o), err)
				if got {
					keys[k] = model{done: true, until: now + d1}
				}
			},
			"release": func(t *rapid.T) {
				k, o := key.Draw(t, "key"), owner.Draw(t, "owner")
				if err := d.Release(t.Context(), k, o); err != nil {
					t.Fatal(err)
				}
				if held(k, o) {
					delete(keys, k)
				}
			},
			"wait": func(t *rapid.T) {
				passed := ttl.Draw(t, "passed")
				now += passed
				server.FastForward(passed)
			},
		})
	})
}

func TestDedupeRedisDown(t *testing.T) {
	t.Parallel()
	d, server := newDedupe(t)
	server.Close()
	if won, done, err := d.Claim(t.Context(), "k", "o", time.Second); err == nil || won || done {
		t.Fatalf("claimed %t, done %t, %v without Redis", won, done, err)
	}
	if _, _, err := d.Claim(t.Context(), strings.Repeat("k", 2000), "o", time.Second); !errors.Is(err, cache.ErrKey) {
		t.Fatalf("a long key: %v", err)
	}
}

func ExampleDedupe_Claim() {
	server, err := miniredis.Run()
	if err != nil {
		return
	}
	defer server.Close()
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer client.Close()
	d, err := cache.NewDedupe(client)
	if err != nil {
		return
	}
	won, done, err := d.Claim(context.Background(), "mail/42", "pod-1", time.Minute)
	fmt.Println(won, done, err)
	won, done, err = d.Claim(context.Background(), "mail/42", "pod-2", time.Minute)
	fmt.Println(won, done, err)
	// Output:
	// true false <nil>
	// false false <nil>
}
