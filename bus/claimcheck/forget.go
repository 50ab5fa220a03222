package claimcheck

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// deletedAtOnce is how many objects a store is asked to delete in one call; S3 takes a thousand.
const deletedAtOnce = 500

// Forget deletes all payloads of a tenant in the topics, and returns how many there were. Events that refer to them cannot be read any more: they
// are dead letters with [ErrMissing]. What is sealed within, by package bus/sealed, is unreadable already once the tenant's key is destroyed. A
// bucket with versions keeps the old ones; see its lifecycle.
func Forget(ctx context.Context, store Store, tenant request.Tenant, topics ...bus.Topic) (int, error) {
	if err := (request.Info{Tenant: tenant}).Validate(); err != nil || tenant == "" {
		return 0, &Error{Code: CodeTenant, Err: err}
	}
	done := 0
	for _, topic := range topics {
		var keys []string
		for object, err := range store.List(ctx, prefix(topic)+string(tenant)+"/") {
			if err != nil {
				return done, fmt.Errorf("claimcheck: forget: %w", err)
			}
			keys = append(keys, object.Key)
		}
		for len(keys) > 0 {
			some := keys[:min(len(keys), deletedAtOnce)]
			if err := store.Delete(ctx, some...); err != nil {
				return done, fmt.Errorf("claimcheck: forget: %w", err)
			}
			done, keys = done+len(some), keys[len(some):]
		}
	}
	return done, nil
}
