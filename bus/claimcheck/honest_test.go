package claimcheck_test

import (
	"context"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
)

// TestHonestTenants reads large events of a contract without tenants, and of payloads without one.
func TestHonestTenants(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	without, err := claimcheck.Codec(bus.JSON[scan](), &store, claimcheck.Place[scan]{Topic: topic}, claimcheck.Over(100))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		codec  bus.Codec[scan]
		value  scan
		record string
	}{
		"a contract without tenants": {without, large("acme"), "acme"},
		"another tenant's context":   {without, large("acme"), "other"},
		"a payload of nobody":        {checked(t, &store), large(""), "acme"},
		"neither names one":          {checked(t, &store), large(""), ""},
	} {
		data, _ := encode(t, test.codec, test.value)
		record := bus.Record{Value: data}
		if test.record != "" {
			record.Headers = bus.Headers{{Key: bus.HeaderTenant, Value: []byte(test.record)}}
		}
		if got, err := scanned().Encoded(test.codec).Decode(record); err != nil || got != test.value {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// timed notes until when it may take.
type timed struct {
	claimchecktest.Memory
	until, read time.Time
}

func (s *timed) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	s.read, _ = ctx.Deadline()
	return s.Memory.Get(ctx, key, limit)
}

func (s *timed) Put(ctx context.Context, key string, data []byte, contentType string) error {
	s.until, _ = ctx.Deadline()
	return s.Memory.Put(ctx, key, data, contentType)
}

// TestLimitGrows gives a payload of two MiB two seconds more.
func TestLimitGrows(t *testing.T) {
	t.Parallel()
	var store timed
	value, began := scan{ID: "1", Image: string(make([]byte, 2<<20))}, time.Now()
	if _, err := checked(t, &store, claimcheck.Limit(time.Hour)).Encode(value); err != nil {
		t.Fatal(err)
	}
	if store.until.Before(began.Add(time.Hour + 2*time.Second)) {
		t.Errorf("it ends after %v", store.until.Sub(began))
	}
}
