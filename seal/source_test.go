package seal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/seal"
)

// conforms holds what every source promises.
func conforms(t *testing.T, s seal.KeySource) {
	t.Helper()
	ctx, key := t.Context(), bytes.Repeat([]byte{7}, 32)
	old, err := s.Wrap(ctx, "acme", key)
	if err != nil || bytes.Contains(old, key) {
		t.Fatalf("wrap: %x, %v", old, err)
	}
	if _, err := s.Wrap(ctx, "other", key); err != nil {
		t.Fatal(err)
	}
	if err := s.Rotate(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	newer, err := s.Wrap(ctx, "acme", key)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrapped := range [][]byte{old, newer} {
		if back, err := s.Unwrap(ctx, "acme", wrapped); err != nil || !bytes.Equal(back, key) {
			t.Errorf("unwrap: %x, %v", back, err)
		}
		if _, err := s.Unwrap(ctx, "other", wrapped); !errors.Is(err, seal.ErrSealed) || resilience.ClassOf(err) != resilience.ClassPermanent {
			t.Errorf("another tenant's: %v", err)
		}
		changed := bytes.Clone(wrapped)
		changed[len(changed)-2] ^= 1
		if _, err := s.Unwrap(ctx, "acme", changed); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("changed: %v", err)
		}
	}
	if err := s.Destroy(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Unwrap(ctx, "acme", newer); !errors.Is(err, seal.ErrDestroyed) || resilience.ClassOf(err) != resilience.ClassPermanent {
		t.Errorf("after destroy: %v", err)
	}
	if err := s.Destroy(ctx, "acme"); err != nil {
		t.Errorf("destroyed twice: %v", err)
	}
}

func TestKeyring(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	conforms(t, ringAt(t, path))
	if _, err := ringAt(t, path).Wrap(t.Context(), "acme", make([]byte, 32)); !errors.Is(err, seal.ErrDestroyed) {
		t.Errorf("a destroyed tenant gets a new key from another process: %v", err)
	}
	var all sync.WaitGroup
	wrapped := make([][]byte, 8)
	for i := range wrapped { // as many processes make the tenant's first key
		ring := ringAt(t, path)
		all.Go(func() { wrapped[i], _ = ring.Wrap(context.Background(), "third", make([]byte, 32)) })
	}
	all.Wait()
	for i, w := range wrapped {
		if _, err := ringAt(t, path).Unwrap(t.Context(), "third", w); err != nil || w[3] != 1 {
			t.Errorf("process %d made a key that is gone, or is not the first: %v", i, err)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.OpenKeyring(path); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("a file that all can read: %v", err)
	}
}

// awsKMS is a keyring that looks like AWS KMS and, as that does, refuses a ciphertext with another context.
type awsKMS struct {
	*seal.Keyring
	disabled map[string]bool
}

func (a awsKMS) Encrypt(ctx context.Context, id string, plaintext []byte, bound map[string]string) ([]byte, error) {
	return a.Wrap(ctx, request.Tenant(id+bound["millrace-tenant"]), plaintext)
}

func (a awsKMS) Decrypt(ctx context.Context, id string, ciphertext []byte, bound map[string]string) ([]byte, error) {
	if a.disabled[id] {
		return nil, resilience.Permanent(fmt.Errorf("DisabledException: %w", seal.ErrDestroyed))
	}
	return a.Unwrap(ctx, request.Tenant(id+bound["millrace-tenant"]), ciphertext)
}

func (a awsKMS) RotateKeyOnDemand(ctx context.Context, id string) error {
	return a.Rotate(ctx, request.Tenant(id+"acme"))
}
func (a awsKMS) DisableKey(_ context.Context, id string) error { a.disabled[id] = true; return nil }
func (a awsKMS) ScheduleKeyDeletion(_ context.Context, id string, days int32) error {
	if days < 7 || days > 30 || !a.disabled[id] {
		return fmt.Errorf("deletion of %s in %d days", id, days)
	}
	return nil
}

func TestAWS(t *testing.T) {
	t.Parallel()
	ring := ringAt(t, filepath.Join(t.TempDir(), "keys"))
	aws, err := seal.NewAWS(awsKMS{ring, map[string]bool{}}, func(tenant request.Tenant) string { return "key-of-" + string(tenant) + "-" })
	if err != nil {
		t.Fatal(err)
	}
	conforms(t, aws)
}
