package request

import (
	"context"
	"fmt"
	"time"
)

// Carrier is a set of headers.
type Carrier interface {
	// Get returns the value of a header, empty where there is none.
	Get(key string) string
	// Set replaces a header.
	Set(key, value string)
}

// Names are the headers of one transport.
type Names struct {
	Tenant, Principal, Roles, Session, ID, Locale, Deadline string
}

// HTTP returns the header names on HTTP. An http.Header is a [Carrier]. Tenant, principal, roles and session are what the sender claims:
// extract them only where the sender is trusted, such as another pod.
func HTTP() Names {
	return Names{
		Tenant: "Millrace-Tenant", Principal: "Millrace-Principal", Roles: "Millrace-Roles", Session: "Millrace-Session",
		ID: "X-Request-Id", Locale: "Millrace-Locale", Deadline: "Millrace-Deadline",
	}
}

// Kafka returns the header names on Kafka records. The tenant is a CloudEvents extension attribute. Who may write to a topic may claim anything
// there.
func Kafka() Names {
	return Names{
		Tenant: "ce_tenant", Principal: "millrace-principal", Roles: "millrace-roles", Session: "millrace-session",
		ID: "millrace-request-id", Locale: "millrace-locale", Deadline: "millrace-deadline",
	}
}

// Inject writes what the context knows of its request. The deadline is an RFC 3339 time in UTC.
func (n Names) Inject(ctx context.Context, into Carrier) {
	info := From(ctx)
	for _, header := range [...]struct{ key, value string }{
		{n.Tenant, string(info.Tenant)},
		{n.Principal, string(info.Principal)},
		{n.Roles, string(info.Roles)},
		{n.Session, info.Session},
		{n.ID, info.ID},
		{n.Locale, info.Locale},
	} {
		if header.value != "" {
			into.Set(header.key, header.value)
		}
	}
	if deadline, ok := ctx.Deadline(); ok && info != (Info{}) {
		into.Set(n.Deadline, deadline.UTC().Format(time.RFC3339Nano))
	}
}

// Extract returns a context that serves the request that the headers tell of, and the deadline they state, which the
// caller applies where it fits. Headers that break a limit give an error that matches [ErrInvalid], and ctx unchanged.
func (n Names) Extract(ctx context.Context, from Carrier) (context.Context, time.Time, error) {
	info := Info{
		Tenant: Tenant(from.Get(n.Tenant)), Principal: Principal(from.Get(n.Principal)),
		Roles: Roles(from.Get(n.Roles)), Session: from.Get(n.Session),
		ID: from.Get(n.ID), Locale: from.Get(n.Locale), Shard: From(ctx).Shard,
	}
	if err := info.Validate(); err != nil {
		return ctx, time.Time{}, err
	}
	var deadline time.Time
	if text := from.Get(n.Deadline); text != "" {
		var err error
		if deadline, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return ctx, time.Time{}, fmt.Errorf("%w: deadline must be an RFC 3339 time", ErrInvalid)
		}
	}
	return With(ctx, info), deadline, nil
}
