package seal_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted counts what a source is asked.
type counted struct {
	seal.KeySource
	wraps, unwraps atomic.Int64
	slow           chan struct{} // nil, or what Unwrap waits for
}

func (c *counted) Wrap(ctx context.Context, tenant request.Tenant, key []byte) ([]byte, error) {
	c.wraps.Add(1)
	return c.KeySource.Wrap(ctx, tenant, key)
}

func (c *counted) Unwrap(ctx context.Context, tenant request.Tenant, wrapped []byte) ([]byte, error) {
	c.unwraps.Add(1)
	key, err := c.KeySource.Unwrap(ctx, tenant, wrapped)
	if c.slow != nil {
		<-c.slow
	}
	return key, err
}

func ringAt(t testing.TB, path string) *seal.Keyring {
	t.Helper()
	ring, err := seal.OpenKeyring(path)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func source(t testing.TB) *counted {
	t.Helper()
	return &counted{KeySource: ringAt(t, filepath.Join(t.TempDir(), "keys"))}
}

func sealer(t testing.TB, from seal.KeySource, opts ...seal.Option) *seal.Sealer {
	t.Helper()
	s, err := seal.New(from, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sealed(t testing.TB, s *seal.Sealer, tenant request.Tenant, text string, parts ...string) []byte {
	t.Helper()
	box, err := s.Seal(context.Background(), tenant, []byte(text), parts...)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestSealIsBound(t *testing.T) {
	t.Parallel()
	s := sealer(t, source(t))
	sealed(t, s, "other", "")
	part := rapid.SampledFrom([]string{"", "a", "ab", "b", "c", "bc", "other"})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.Byte()).Draw(t, "text")
		parts, others := rapid.SliceOfN(part, 0, 3).Draw(t, "parts"), rapid.SliceOfN(part, 0, 3).Draw(t, "others")
		box, err := s.Seal(t.Context(), "acme", text, parts...)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := s.Open(t.Context(), "acme", box, parts...); err != nil || !bytes.Equal(back, text) {
			t.Fatalf("%q, %v", back, err)
		}
		if len(others) != len(parts) || !equal(others, parts) {
			if _, err := s.Open(t.Context(), "acme", box, others...); !errors.Is(err, seal.ErrSealed) {
				t.Fatalf("sealed with %q, it opens with %q: %v", parts, others, err)
			}
		}
		if _, err := s.Open(t.Context(), "other", box, parts...); !errors.Is(err, seal.ErrSealed) {
			t.Fatalf("it opens for another tenant: %v", err)
		}
		if len(text) > 3 && bytes.Contains(box, text) {
			t.Fatal("the plaintext is in the box")
		}
	})
}

func equal(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestTamperedBoxesStayShut(t *testing.T) {
	t.Parallel()
	s := sealer(t, source(t))
	box := sealed(t, s, "acme", "secret", "x")
	for i := range box {
		for _, change := range []byte{1, 0x80} {
			changed := bytes.Clone(box)
			changed[i] ^= change
			if back, err := s.Open(t.Context(), "acme", changed, "x"); err == nil || back != nil ||
				resilience.ClassOf(err) != resilience.ClassPermanent {
				t.Fatalf("byte %d changed: %q, %v", i, back, err)
			}
		}
		if _, err := s.Open(t.Context(), "acme", box[:i], "x"); err == nil {
			t.Fatalf("cut to %d bytes it opens", i)
		}
	}
	if _, err := s.Seal(t.Context(), "", nil); !errors.Is(err, seal.ErrTenant) {
		t.Errorf("without a tenant: %v", err)
	}
	if _, err := s.Open(t.Context(), "acme", append([]byte{2}, box[1:]...), "x"); !errors.Is(err, seal.ErrFormat) {
		t.Errorf("a box of a later version: %v", err)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	from := source(t)
	s := sealer(t, from)
	old := sealed(t, s, "acme", "secret", "x")
	if err := s.Rotate(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	newer := sealed(t, s, "acme", "secret", "x")
	again, err := s.Rewrap(t.Context(), "acme", old)
	if err != nil {
		t.Fatal(err)
	}
	fresh := sealer(t, from)
	for name, box := range map[string][]byte{"old": old, "newer": newer, "wrapped again": again} {
		if back, err := fresh.Open(t.Context(), "acme", box, "x"); err != nil || string(back) != "secret" {
			t.Errorf("%s: %q, %v", name, back, err)
		}
	}
	const at = 2 + 32 + 2 // where a keyring's box has the version of the key
	if old[at+3] != 1 || newer[at+3] != 2 || again[at+3] != 2 || !bytes.Equal(again[len(again)-34:], old[len(old)-34:]) {
		t.Error("a box is not wrapped by the version that it should be, or was encrypted anew")
	}
	changed := bytes.Clone(old)
	changed[5] ^= 1
	if _, err := fresh.Rewrap(t.Context(), "acme", changed); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("a box whose key is not its own is wrapped anew: %v", err)
	}
}

func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	from := source(t)
	s := sealer(t, from, seal.KeyUses(10), seal.MaxKeys(2))
	for range 25 {
		sealed(t, s, "a", "x")
	}
	if n := from.wraps.Load(); n != 3 {
		t.Errorf("25 boxes of ten a key had %d keys", n)
	}
	sealed(t, s, "b", "x")
	sealed(t, s, "c", "x") // puts a out
	sealed(t, s, "a", "x")
	if n := from.wraps.Load(); n != 6 {
		t.Errorf("with room for two keys, a third tenant's puts none out: %d keys", n)
	}
	box := sealed(t, s, "a", "x")
	fresh := sealer(t, from)
	from.unwraps.Store(0)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { _, _ = fresh.Open(context.Background(), "a", box) })
	}
	all.Wait()
	if n := from.unwraps.Load(); n > 5 {
		t.Errorf("50 who open at once ask the source %d times", n)
	}
	for _, bad := range []seal.Option{
		seal.KeyUses(0), seal.KeyUses(1<<32 + 1), seal.MaxKeys(0), seal.KeyLifetime(0), seal.SourceLimit(0),
		seal.Metrics(nil),
	} {
		if _, err := seal.New(from, bad); err == nil {
			t.Error("a wrong option is taken")
		}
	}
}

func FuzzOpen(f *testing.F) {
	s := sealer(f, source(f))
	box := sealed(f, s, "acme", "secret", "x")
	f.Add(box)
	f.Add(box[:40])
	f.Add([]byte{1, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		back, err := s.Open(t.Context(), "acme", data, "x")
		if err == nil && !bytes.Equal(data, box) {
			t.Fatalf("%x opens to %q", data, back)
		}
		if err != nil && !errors.Is(err, seal.ErrSealed) && !errors.Is(err, seal.ErrFormat) {
			t.Fatalf("%v", err)
		}
		if _, err := s.Rewrap(t.Context(), "acme", data); err == nil && !bytes.HasPrefix(data, box[:34]) {
			t.Fatalf("%x is wrapped anew", data)
		}
	})
}
