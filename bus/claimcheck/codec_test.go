package claimcheck_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// scan is an event with a payload of any size.
type scan struct {
	ID     string         `json:"id"`
	Tenant request.Tenant `json:"tenant,omitempty"`
	Image  string         `json:"image,omitempty"`
}

const topic = "outbox.event.document"

func scanned() bus.Event[scan] {
	return bus.Define("office.document.scanned", func(s scan) string { return s.ID })
}

// checked is a codec that keeps more than 100 bytes in the store.
func checked(t testing.TB, store claimcheck.Store, opts ...claimcheck.Option) bus.Codec[scan] {
	t.Helper()
	place := claimcheck.Place[scan]{Topic: topic, Tenant: func(s scan) request.Tenant { return s.Tenant }}
	opts = append([]claimcheck.Option{
		claimcheck.Over(100), claimcheck.Retry(resilience.RetryPolicy{Attempts: 2, Initial: 1, Max: 1, Multiplier: 1}),
	}, opts...)
	c, err := claimcheck.Codec(bus.JSON[scan](), store, place, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func keys(t testing.TB, store claimcheck.Store, prefix string) (all []string) {
	t.Helper()
	for object, err := range store.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, object.Key)
	}
	return all
}

func encode(t testing.TB, c bus.Codec[scan], s scan) ([]byte, claimcheck.Reference) {
	t.Helper()
	data, err := c.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := claimcheck.ParseReference(data)
	if err != nil {
		t.Fatal(err)
	}
	return data, r
}

func TestThreshold(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	inner := bus.JSON[scan]()
	rapid.Check(t, func(r *rapid.T) {
		s := scan{ID: "1", Tenant: "acme", Image: strings.Repeat("x", rapid.IntRange(40, 100).Draw(r, "size"))}
		plain, err := inner.Encode(s)
		if err != nil {
			r.Fatal(err)
		}
		c := checked(t, &store)
		data, reference := encode(t, c, s)
		if kept := reference.Key != ""; kept != (len(plain) > 100) || !kept && !bytes.Equal(data, plain) {
			r.Errorf("%d bytes are %s", len(plain), data)
		}
		if reference.Key != "" && (reference.Size != int64(len(plain)) || reference.Type != "application/json" || !strings.HasPrefix(reference.Key, topic+"/acme/claim-")) {
			r.Errorf("%+v", reference)
		}
		if got, err := c.Decode(data); err != nil || got != s {
			r.Errorf("%+v, %v", got, err)
		}
	})
	c := checked(t, &store, claimcheck.Most(200))
	if _, err := c.Encode(scan{Image: strings.Repeat("x", 200)}); !errors.Is(err, claimcheck.ErrTooLarge) || resilience.ClassOf(err) != resilience.ClassPermanent {
		t.Errorf("too large: %v", err)
	}
	large, _ := encode(t, checked(t, &store), scan{Image: strings.Repeat("x", 300)})
	if _, err := c.Decode(large); !errors.Is(err, claimcheck.ErrTooLarge) {
		t.Errorf("too large to read: %v", err)
	}
}

// document is a payload that may be any JSON, such as one that looks like a reference.
type document = json.RawMessage

func TestAnyPayloadIsRead(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	c, err := claimcheck.Codec(bus.JSON[document](), &store, claimcheck.Place[document]{Topic: topic})
	if err != nil {
		t.Fatal(err)
	}
	_, other := encode(t, checked(t, &store), scan{Tenant: "acme", Image: strings.Repeat("secret", 50)})
	forged, err := json.Marshal(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		string(forged), ` { "a": [1], "millrace-claim" : 2}`, `{"millrace-\u0063laim":1}`, `{"a":{"millrace-claim":1}}`, `["millrace-claim"]`, `"millrace-claim"`, `{}`, `null`,
	} {
		data, err := c.Encode(document(text))
		if err != nil {
			t.Fatal(err)
		}
		_, is, err := claimcheck.ParseReference(data)
		if got, errRead := c.Decode(data); err != nil || errRead != nil || !is && string(got) != string(data) || strings.Contains(string(got), "secret") {
			t.Errorf("%s is %s: %v, %v", text, got, err, errRead)
		}
	}
	if before := len(keys(t, &store, topic+"/-/")); before != 3 {
		t.Errorf("%d documents that look like references are in the store", before)
	}
}

func TestReferenceFormat(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	c := checked(t, &store)
	s := scan{ID: "1", Tenant: "acme", Image: strings.Repeat("x", 100)}
	data, _ := encode(t, c, s)
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	reordered, _ := json.MarshalIndent(members, "", " ") // as a jsonb column does
	members["later"] = true
	more, _ := json.Marshal(members)
	for _, text := range [][]byte{reordered, more} {
		if got, err := c.Decode(text); err != nil || got != s {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for name, value := range map[string]any{
		"millrace-claim": 2, "key": "no", "size": -1, "sha256": "00", "type": 7,
	} {
		wrong := map[string]any{}
		_ = json.Unmarshal(data, &wrong)
		wrong[name] = value
		text, _ := json.Marshal(wrong)
		if _, err := c.Decode(text); !errors.Is(err, claimcheck.ErrFormat) || resilience.ClassOf(err) != resilience.ClassPermanent {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestObjectIsWrong(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	c := checked(t, &store)
	data, r := encode(t, c, scan{Tenant: "acme", Image: strings.Repeat("x", 100)})
	good, err := store.Get(t.Context(), r.Key, r.Size)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(good, []byte("xx"), []byte("yx"), 1)
	for name, content := range map[string][]byte{"changed": changed, "cut": good[:50], "longer": append(bytes.Clone(good), ' '), "empty": nil} {
		if err := store.Put(t.Context(), r.Key, content, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Decode(data); !errors.Is(err, claimcheck.ErrChanged) || resilience.ClassOf(err) != resilience.ClassPermanent || !strings.Contains(err.Error(), r.Key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := store.Delete(t.Context(), r.Key); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Decode(data); !errors.Is(err, claimcheck.ErrMissing) || resilience.ClassOf(err) != resilience.ClassPermanent {
		t.Errorf("missing: %v", err)
	}
	store.Away(true)
	_, errRead := c.Decode(data)
	_, errWrite := c.Encode(scan{Image: strings.Repeat("x", 100)})
	for _, err := range []error{errRead, errWrite} {
		if !errors.Is(err, claimcheck.ErrAway) || resilience.ClassOf(err) != resilience.ClassTransient {
			t.Errorf("away: %v", err)
		}
	}
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	place := claimcheck.Place[scan]{Topic: topic}
	for name, err := range map[string]error{
		"store": second(claimcheck.Codec(bus.JSON[scan](), nil, place)),
		"codec": second(claimcheck.Codec(nil, &store, place)),
		"topic": second(claimcheck.Codec(bus.JSON[scan](), &store, claimcheck.Place[scan]{})),
		"sizes": second(claimcheck.Codec(bus.JSON[scan](), &store, place, claimcheck.Over(10), claimcheck.Most(5))),
		"limit": second(claimcheck.Codec(bus.JSON[scan](), &store, place, claimcheck.Limit(-time.Second))),
		"reads": second(claimcheck.Codec(bus.JSON[scan](), &store, place, claimcheck.ReadLimit(0))),
		"retry": second(claimcheck.Codec(bus.JSON[scan](), &store, place, claimcheck.Retry(resilience.RetryPolicy{}))),
	} {
		if err == nil {
			t.Errorf("no %s", name)
		}
	}
}

func second[A any](_ A, err error) error { return err }
