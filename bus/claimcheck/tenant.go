package claimcheck

import (
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// For is the codec for records of that tenant, or of none; see [bus.Tenanted].
func (c *codec[T]) For(tenant string) bus.Codec[T] {
	bound := *c
	bound.record = new(request.Tenant(tenant))
	return bound.asIs()
}

// takes says whether the record that the value stands in may refer to a tenant's payload. That of nobody stands in any.
func (c *codec[T]) takes(tenant request.Tenant) bool {
	return tenant == "" || c.record == nil || *c.record == tenant
}

// strange says that a tenant's payload is published in a context that is not its own.
func (c *codec[T]) strange(tenant request.Tenant) error {
	of := "none"
	if *c.record != "" {
		of = string(*c.record)
	}
	const text = "it is of tenant %s, and the context that it is published in of %s: publish it with request.With(ctx, request.Info{Tenant: …})"
	return fmt.Errorf(text, tenant, of)
}
