package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

var (
	// ErrTenant is found in the error of a call without a valid tenant in its context, where [Shared] does not allow that.
	ErrTenant = errors.New("cache: a tenant is needed in the context: request.With it, or make what is called Shared")
	// ErrGone is found in the error of what needs an answer from Redis and gets none.
	ErrGone = errors.New("cache: no answer from Redis")
)

// tenantOf is the tenant that the context's request belongs to; empty where shared.
func tenantOf(ctx context.Context, shared bool) (request.Tenant, error) {
	if shared {
		return "", nil
	}
	info := request.From(ctx)
	if info.Tenant == "" || (request.Info{Tenant: info.Tenant}).Validate() != nil {
		return "", resilience.Permanent(ErrTenant)
	}
	return info.Tenant, nil
}

// connection runs scripts on Redis, each within the limit, and none for a while when most fail: without that every call would wait for a server that
// is gone.
type connection struct {
	client redis.UniversalClient
	policy *resilience.Policy[any]
}

func newConnection(client redis.UniversalClient, name string, s basics) (connection, error) {
	if client == nil {
		return connection{}, errors.New("the client is nil")
	}
	policy, err := resilience.New[any]("redis "+name, resilience.AttemptTimeout(s.limit), resilience.Logger(s.logger), resilience.Metrics(s.meter),
		resilience.Breaker(resilience.BreakerPolicy{Rate: 0.5, Least: 5, Window: 5 * time.Second, Open: time.Second, Probes: 1}))
	if err != nil {
		return connection{}, err
	}
	return connection{client: client, policy: policy}, nil
}

// run returns what the script answers; an error matches [ErrGone]. It waits no longer than the limit, also where the client does.
func (c connection) run(ctx context.Context, script, key string, args ...any) (any, error) {
	answer, err := c.policy.Do(ctx, func(ctx context.Context) (any, error) {
		type outcome struct {
			answer any
			err    error
		}
		got := make(chan outcome, 1)
		go func() {
			answer, err := redis.NewScript(script).Run(ctx, c.client, []string{key}, args...).Result()
			got <- outcome{answer, err}
		}()
		select {
		case o := <-got:
			if errors.Is(o.err, redis.Nil) {
				o.err = nil
			}
			return o.answer, o.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, resilience.Transient(fmt.Errorf("%w: %w", ErrGone, err))
	}
	return answer, nil
}
