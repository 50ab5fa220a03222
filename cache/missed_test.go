package cache_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/cache"
)

// apart is a network between one process and a Redis that goes on.
type apart struct{ cut *atomic.Bool }

var errApart = errors.New("no route to host")

func (a apart) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if a.cut.Load() {
			return nil, errApart
		}
		return next(ctx, network, addr)
	}
}

func (a apart) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if a.cut.Load() {
			cmd.SetErr(errApart)
			return errApart
		}
		return next(ctx, cmd)
	}
}

func (a apart) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// TestMissedInvalidations cuts one process off while the source changes. Redis and the other process go on with the old value.
func TestMissedInvalidations(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	var from origin
	var cut atomic.Bool
	client := s.client()
	client.AddHook(apart{&cut})
	here, err := cache.New(client, "things", from.load)
	if err != nil {
		t.Fatal(err)
	}
	running(t, here)
	there := process(t, s, &from)
	keeps(t, s, there, &from)
	old := get(t, there, "acme", "k")
	cut.Store(true)
	from.change(func(o *origin) { o.version++ })
	if err := here.Invalidate(as(t, "acme"), "k"); !errors.Is(err, cache.ErrGone) {
		t.Fatal(err)
	}
	if value := get(t, there, "acme", "k"); value != old {
		t.Errorf("%q, so nothing is tested", value)
	}
	cut.Store(false)
	eventually(t, "the other process is told", func() bool { return get(t, there, "acme", "k") != old })
}
