package request_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/request"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestInjectExtract(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		info := request.Info{
			Tenant:    request.Tenant(rapid.StringMatching(`([a-zA-Z0-9][a-zA-Z0-9_-]{0,62})?`).Draw(t, "tenant")),
			Principal: request.Principal(rapid.StringMatching(`([\x21-\x7e]{1,256})?`).Draw(t, "principal")),
			Roles:     request.Roles(rapid.SampledFrom([]string{"", "admin", "admin,clerk"}).Draw(t, "roles")),
			Session:   rapid.StringMatching(`([\x21-\x7e]{1,128})?`).Draw(t, "session"),
			ID:        rapid.StringMatching(`[\x21-\x7e]{1,128}`).Draw(t, "id"),
			Locale:    rapid.SampledFrom([]string{"", "de", "en-GB"}).Draw(t, "locale"),
		}
		deadline := time.Unix(rapid.Int64Range(1<<33, 1<<34).Draw(t, "deadline"), 7).UTC()
		ctx, cancel := context.WithDeadline(request.With(context.Background(), info), deadline)
		defer cancel()
		for _, names := range []request.Names{request.HTTP(), request.Kafka()} {
			headers := http.Header{}
			names.Inject(ctx, headers)
			got, until, err := names.Extract(context.Background(), headers)
			if err != nil || request.From(got) != info || !until.Equal(deadline) {
				t.Fatalf("%+v until %s: %v", request.From(got), until, err)
			}
		}
	})
}

func TestExtractRefuses(t *testing.T) {
	t.Parallel()
	for key, value := range map[string]string{
		"Millrace-Tenant": "../etc", "Millrace-Principal": "a b", "X-Request-Id": "a\nb",
		"Millrace-Roles": "clerk,admin", "Millrace-Session": "a b",
		"Millrace-Locale": "*/*", "Millrace-Deadline": "tomorrow",
	} {
		ctx := request.With(t.Context(), request.Info{Tenant: "kept"})
		got, _, err := request.HTTP().Extract(ctx, http.Header{key: {value}})
		if !errors.Is(err, request.ErrInvalid) || request.From(got).Tenant != "kept" {
			t.Errorf("%s: %v, %+v", key, err, request.From(got))
		}
	}
}

func FuzzExtract(f *testing.F) {
	f.Add("acme", "2026-01-02T03:04:05Z")
	f.Fuzz(func(t *testing.T, tenant, deadline string) {
		headers := http.Header{}
		headers.Set("ce_tenant", tenant)
		headers.Set("millrace-deadline", deadline)
		ctx, _, err := request.Kafka().Extract(t.Context(), headers)
		if err == nil && request.From(ctx).Validate() != nil {
			t.Fatal("an invalid value came through")
		}
	})
}

func ExampleFrom() {
	ctx := request.With(context.Background(), request.Info{Tenant: "acme", ID: "r1"})
	fmt.Println(request.From(ctx).Tenant, request.From(ctx).ID)
	// Output: acme r1
}
