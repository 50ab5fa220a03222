package cache

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/observe"
)

// Reachable is the health check "redis": it fails while Redis does not answer, or loads its data. It is advisory, since what
// is built here does something without Redis too: see the package's text. A process that does not should make it critical.
func Reachable(client redis.UniversalClient) observe.Check {
	return observe.Check{Name: "redis", Criticality: observe.Advisory, Ask: func(ctx context.Context) error {
		if err := client.Ping(ctx).Err(); err != nil {
			return fmt.Errorf("no answer from Redis: %w", err)
		}
		return nil
	}}
}
