package sealed_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/sealed"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/seal"
)

type contact struct {
	Kind  string  `json:"kind"`
	Phone string  `json:"phone"`
	Note  *string `json:"note,omitempty"`
}

type customer struct {
	Tenant   request.Tenant    `json:"tenant"`
	Number   int64             `json:"number"`
	Email    string            `json:"email"`
	Since    time.Time         `json:"since"`
	Until    *time.Time        `json:"until,omitempty"`
	Contacts []contact         `json:"contacts,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
}

func newSealer(t testing.TB, opts ...seal.Option) *seal.Sealer {
	t.Helper()
	keys, err := seal.OpenKeyring(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return sealerOn(t, keys, opts...)
}

func sealerOn(t testing.TB, source seal.KeySource, opts ...seal.Option) *seal.Sealer {
	t.Helper()
	s, err := seal.New(source, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fields(place string, paths ...string) sealed.Fields[customer] {
	return sealed.Fields[customer]{Place: place, Tenant: func(c customer) request.Tenant { return c.Tenant }, Paths: paths}
}

func codec(t testing.TB, s *seal.Sealer, f sealed.Fields[customer], opts ...sealed.Option) bus.Codec[customer] {
	t.Helper()
	c, err := sealed.Codec(bus.JSON[customer](), s, f, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var all = []string{"/email", "/contacts/*/phone", "/contacts/*/note", "/tags/*"}

func TestFieldsAreSealed(t *testing.T) {
	t.Parallel()
	c := codec(t, newSealer(t), fields("customers", all...))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching("secret[a-z\"\\\\<]{0,8}"), rapid.Just("secret sealed:v1:"))
		want := customer{Tenant: "acme", Number: rapid.Int64().Draw(t, "number"), Email: text.Draw(t, "email"), Since: time.Unix(1<<30, 0).UTC()}
		for range rapid.IntRange(0, 3).Draw(t, "contacts") {
			one := contact{Kind: "home", Phone: text.Draw(t, "phone")}
			if rapid.Bool().Draw(t, "noted") {
				one.Note = new(text.Draw(t, "note"))
			}
			want.Contacts = append(want.Contacts, one)
		}
		if rapid.Bool().Draw(t, "tagged") {
			want.Tags = map[string]string{"a/b": text.Draw(t, "tag")}
		}
		data, err := c.Encode(want)
		if err != nil || strings.Contains(string(data), "secret") {
			t.Fatalf("%s: %v", data, err)
		}
		if got, err := c.Decode(data); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v: %v, want %+v", got, err, want)
		}
		clear, err := bus.JSON[customer](bus.Strict()).Decode(data)
		if err != nil || clear.Number != want.Number || !clear.Since.Equal(want.Since) || len(clear.Contacts) != len(want.Contacts) {
			t.Fatalf("what is not sealed is %+v: %v", clear, err)
		}
	})
	if _, err := c.Encode(customer{Email: "secret"}); !errors.Is(err, seal.ErrTenant) || strings.Contains(err.Error(), "secret") {
		t.Errorf("of no tenant: %v", err)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	s := newSealer(t)
	for _, wrong := range []string{"", "email", "/mail", "/number", "/since", "/until", "/contacts", "/contacts/phone", "/contacts/0/phone", "/contacts/*/phone/x", "/tags"} {
		if _, err := sealed.Codec(bus.JSON[customer](), s, fields("customers", "/email", wrong)); !errors.Is(err, sealed.ErrPath) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if _, err := sealed.Codec(bus.JSON[customer](), s, fields("customers")); !errors.Is(err, sealed.ErrPath) {
		t.Errorf("no path: %v", err)
	}
	if _, err := sealed.Codec(bus.JSON[customer](), s, fields("", "/email")); err == nil {
		t.Error("no place")
	}
}

func TestFieldsAreBound(t *testing.T) {
	t.Parallel()
	s := newSealer(t)
	c := codec(t, s, fields("customers", all...))
	data, err := c.Encode(customer{Tenant: "acme", Email: "secret", Contacts: []contact{{Phone: "other"}}})
	if err != nil {
		t.Fatal(err)
	}
	box := func(after string) string {
		_, rest, _ := strings.Cut(string(data), after+`":"`)
		text, _, _ := strings.Cut(rest, `"`)
		return text
	}
	for name, changed := range map[string]string{
		"another path":         strings.Replace(string(data), box("phone"), box("email"), 1),
		"another tenant":       strings.Replace(string(data), `"tenant":"acme"`, `"tenant":"other"`, 1),
		"another tenant's key": strings.Replace(string(data), "sealed:v1:acme:", "sealed:v1:other:", 1),
		"changed":              strings.Replace(string(data), box("email"), box("email")[:40]+"A"+box("email")[41:], 1),
		"no box":               strings.Replace(string(data), box("email"), "sealed:v1:acme:no", 1),
	} {
		if changed == string(data) {
			t.Fatalf("%s: nothing is changed", name)
		}
		if got, err := c.Decode([]byte(changed)); err == nil || resilience.ClassOf(err) != resilience.ClassPermanent || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := codec(t, s, fields("orders", all...)).Decode(data); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("another place: %v", err)
	}
}

func TestDestroyed(t *testing.T) {
	t.Parallel()
	s := newSealer(t)
	c, told := codec(t, s, fields("customers", "/email")), codec(t, s, fields("customers", "/email"), sealed.Destroyed("forgotten"))
	data, err := c.Encode(customer{Tenant: "acme", Number: 7, Email: "secret"})
	if err == nil {
		err = s.Destroy(t.Context(), "acme")
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Decode(data); !errors.Is(err, seal.ErrDestroyed) {
		t.Errorf("it opens: %v", err)
	}
	if got, err := told.Decode(data); err != nil || got.Email != "forgotten" || got.Number != 7 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.Encode(customer{Tenant: "acme", Email: "secret"}); !errors.Is(err, seal.ErrDestroyed) {
		t.Errorf("it is sealed: %v", err)
	}
}

// away is a source of keys that does not answer.
type away struct{ seal.KeySource }

func (away) Wrap(ctx context.Context, _ request.Tenant, _ []byte) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (away) Unwrap(ctx context.Context, _ request.Tenant, _ []byte) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestKeysAway(t *testing.T) {
	t.Parallel()
	keys, err := seal.OpenKeyring(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	event := bus.Define("customers.added", func(c customer) string { return string(c.Tenant) })
	data, err := codec(t, sealerOn(t, keys), fields("customers", "/email")).Encode(customer{Tenant: "acme", Email: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	gone := event.Encoded(codec(t, sealerOn(t, away{keys}), fields("customers", "/email"), sealed.Limit(10*time.Millisecond)))
	if _, err := gone.Codec().Encode(customer{Tenant: "acme"}); !resilience.Stated(err) || resilience.ClassOf(err) != resilience.ClassTransient {
		t.Errorf("it cannot be sealed now: %v", err)
	}
	_, err = gone.Decode(bus.Record{Value: data})
	if _, dead := errors.AsType[*bus.DecodeError](err); dead || resilience.ClassOf(err) != resilience.ClassTransient || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestInTheClear(t *testing.T) {
	t.Parallel()
	c := codec(t, newSealer(t), fields("customers", "/email", "/tags/*"))
	for _, data := range []string{
		`{"tenant":"acme","number":1,"email":"old","since":"2026-01-02T03:04:05Z"}`,
		`{"tenant":"acme","number":1,"email":"old","since":"2026-01-02T03:04:05Z","contacts":[{"kind":"sealed:v1:","phone":"1"}]}`,
	} {
		if got, err := c.Decode([]byte(data)); err != nil || got.Email != "old" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if _, err := c.Decode([]byte(`{"email":"sealed:v1:acme:`)); err == nil || os.IsTimeout(err) {
		t.Errorf("a document that is cut: %v", err)
	}
}
