package httpcost

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/httpapi"
)

// trips counts round trips to Redis.
type trips struct{ made *atomic.Int64 }

func (trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (t trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		t.made.Add(1)
		return next(ctx, cmd)
	}
}

func (t trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, all []redis.Cmder) error {
		t.made.Add(1)
		return next(ctx, all)
	}
}

// withRedis are the chain with a rate limit, and with idempotency keys beside that.
func withRedis(client redis.UniversalClient) ([]side, error) {
	limiter, err := cache.NewLimiter(client, "bench", cache.Rate{Count: 1_000_000, Per: time.Second})
	if err != nil {
		return nil, err
	}
	answers, err := httpapi.NewRedisAnswers(client, "bench", time.Second)
	if err != nil {
		return nil, err
	}
	var key atomic.Int64
	keyed := func() *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/orders/42", strings.NewReader(`{"cups":2}`)) //nolint:noctx // a bench
		maps.Copy(r.Header, plain().Header)
		r.Header["Idempotency-Key"] = []string{strconv.FormatInt(key.Add(1), 10) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)}
		return r
	}
	var sides []side
	for _, with := range []struct {
		name string
		ask  func() *http.Request
		opts []httpapi.IdempotencyOption
	}{{"rate limit", plain, nil}, {"and key", keyed, nil}, {"and key, answer first", keyed, []httpapi.IdempotencyOption{httpapi.AnswerFirst()}}} {
		tp, mp := quiet()
		s, err := steps(named{}, tp, mp)
		if err != nil {
			return nil, err
		}
		if s.RateLimit, s.Idempotency, err = httpapi.OneTrip(s.Errors, limiter, httpapi.ByClient, answers, with.opts...); err != nil {
			return nil, err
		}
		chain, err := httpapi.Chain(s)
		if err != nil {
			return nil, err
		}
		sides = append(sides, side{with.name, serving(chain...), with.ask})
	}
	return sides, nil
}
