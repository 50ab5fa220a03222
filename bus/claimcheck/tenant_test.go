package claimcheck_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
	"github.com/millrace/millrace/bus/sealed"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/seal"
)

func large(tenant request.Tenant) scan {
	return scan{ID: "1", Tenant: tenant, Image: strings.Repeat("secret of "+string(tenant), 20)}
}

func TestForgedReference(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	c := checked(t, &store)
	acme, _ := encode(t, c, large("acme"))
	own := func(tenant string, value []byte) bus.Record {
		return bus.Record{Value: value, Headers: bus.Headers{{Key: bus.HeaderTenant, Value: []byte(tenant)}}}
	}
	event := scanned().Encoded(c)
	if got, err := event.Decode(own("acme", acme)); err != nil || got != large("acme") {
		t.Fatalf("%v, %v", got, err)
	}
	elsewhere, err := claimcheck.Codec(bus.JSON[scan](), &store, claimcheck.Place[scan]{Topic: "outbox.event.other"})
	if err != nil {
		t.Fatal(err)
	}
	nobody, err := claimcheck.Codec(bus.JSON[scan](), &store, claimcheck.Place[scan]{Topic: topic, Tenant: func(scan) request.Tenant { return "other" }})
	if err != nil {
		t.Fatal(err)
	}
	moved := bytes.Replace(acme, []byte("/acme/"), []byte("/other/"), 1)
	_, reference := encode(t, c, large("acme"))
	data, err := store.Get(t.Context(), reference.Key, reference.Size)
	if err == nil {
		err = store.Put(t.Context(), strings.Replace(reference.Key, "/acme/", "/other/", 1), data, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() (scan, error){
		"in another tenant's event":   func() (scan, error) { return event.Decode(own("other", acme)) },
		"in another topic":            func() (scan, error) { return elsewhere.Decode(acme) },
		"of another tenant's payload": func() (scan, error) { return nobody.Decode(acme) },
		"to a place with none":        func() (scan, error) { return event.Decode(own("other", moved)) },
	} {
		got, err := read()
		if !errors.Is(err, claimcheck.ErrForged) && !errors.Is(err, claimcheck.ErrMissing) || got != (scan{}) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := event.Decode(bus.Record{Value: acme}); !errors.Is(err, claimcheck.ErrForged) || got != (scan{}) {
		t.Errorf("in a record of nobody: %+v, %v", got, err)
	}
	if _, err := c.Encode(large("no/../tenant")); !errors.Is(err, claimcheck.ErrTenant) {
		t.Errorf("a tenant that is a path: %v", err)
	}
}

func TestShreddedTenant(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	keyring, err := seal.OpenKeyring(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.New(keyring)
	if err != nil {
		t.Fatal(err)
	}
	fields := sealed.Fields[scan]{Place: topic, Tenant: func(s scan) request.Tenant { return s.Tenant }, Paths: []string{"/image"}}
	inner, err := sealed.Codec(bus.JSON[scan](), sealer, fields)
	if err != nil {
		t.Fatal(err)
	}
	place := claimcheck.Place[scan]{Topic: topic, Tenant: fields.Tenant}
	c, err := claimcheck.Codec(inner, &store, place, claimcheck.Over(100))
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []request.Tenant{"acme", "other"} {
		data, r := encode(t, c, large(tenant))
		stored, err := store.Get(t.Context(), r.Key, r.Size)
		if err != nil || strings.Contains(string(stored), "secret") || strings.Contains(string(data), "secret") {
			t.Fatalf("in the clear: %v", err)
		}
		if got, err := c.Decode(data); err != nil || got != large(tenant) {
			t.Fatalf("%+v, %v", got, err)
		}
		if tenant == "other" {
			continue
		}
		if err := sealer.Destroy(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Decode(data); !errors.Is(err, seal.ErrDestroyed) {
			t.Errorf("it is read: %v", err)
		}
	}
	if done, err := claimcheck.Forget(t.Context(), &store, "acme", topic); done != 1 || err != nil {
		t.Errorf("forgot %d, %v", done, err)
	}
	if left := keys(t, &store, ""); len(left) != 1 || !strings.Contains(left[0], "/other/") {
		t.Errorf("left: %v", left)
	}
	if _, err := claimcheck.Forget(t.Context(), &store, "", topic); !errors.Is(err, claimcheck.ErrTenant) {
		t.Errorf("of no tenant: %v", err)
	}
	plain, err := claimcheck.Codec(bus.JSON[scan](), &store, place)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sealed.Codec(plain, sealer, fields); err == nil {
		t.Error("fields are sealed around the store, and are in the clear there")
	}
}
