package claimcheck_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// of is a tenant's context.
func of(ctx context.Context, tenant request.Tenant) context.Context {
	return request.With(ctx, request.Info{Tenant: tenant})
}

// TestPublishedForAnother publishes payloads in contexts that are their tenant's, another's and nobody's: what no reader would take is refused, is not
// put into the store, and says what to do.
func TestPublishedForAnother(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	event := scanned().Encoded(checked(t, &store))
	b := bustest.Open(t, event)
	for name, test := range map[string]struct {
		context request.Tenant
		value   scan
		says    string
	}{
		"its own":                        {"acme", large("acme"), ""},
		"another's":                      {"other", large("acme"), "of tenant acme, and the context that it is published in of other"},
		"nobody's":                       {"", large("acme"), "of tenant acme, and the context that it is published in of none"},
		"a payload of nobody":            {"acme", large(""), ""},
		"nobody's, of nobody":            {"", large(""), ""},
		"another's, and it is not large": {"other", scan{ID: "1", Tenant: "acme"}, ""},
	} {
		before := len(keys(t, &store, ""))
		err := b.Publish(of(t.Context(), test.context), event.New(test.value)).Err()
		if test.says == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.Is(err, claimcheck.ErrTenant) || resilience.ClassOf(err) != resilience.ClassPermanent || !strings.Contains(err.Error(), test.says) ||
			!strings.Contains(err.Error(), "request.With") || strings.Contains(err.Error(), "secret") || len(keys(t, &store, "")) != before {
			t.Errorf("%s: %v", name, err)
		}
	}
	read := 0
	for got, err := range bus.Tail(t.Context(), b, event, bus.Earliest, bus.UntilEnd()) {
		if read++; err != nil {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if read != 4 {
		t.Errorf("%d are read", read)
	}
}

// TestTenantByHeader has a message that names its tenant itself.
func TestTenantByHeader(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	event := scanned().Encoded(checked(t, &store))
	records, err := bus.Encode(t.Context(), event.New(large("acme"), bus.WithHeader(bus.HeaderTenant, "acme")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := event.Decode(records[0]); err != nil || got != large("acme") {
		t.Errorf("%+v, %v", got, err)
	}
}
