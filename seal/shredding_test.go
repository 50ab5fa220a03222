package seal_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/seal"
)

// TestShredding destroys a tenant's key in one process and looks into another's memory.
func TestShredding(t *testing.T) {
	t.Parallel()
	from := source(t)
	synctest.Test(t, func(t *testing.T) {
		here, there := sealer(t, from), sealer(t, from, seal.KeyLifetime(time.Minute), seal.KeyUses(1000))
		box, others := sealed(t, here, "acme", "secret"), sealed(t, here, "other", "theirs")
		began := time.Now()
		if _, err := there.Open(t.Context(), "acme", box); err != nil {
			t.Fatal(err)
		}
		<-time.After(30 * time.Second)
		if err := here.Destroy(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		for name, do := range map[string]func() error{
			"open": func() error { _, err := here.Open(t.Context(), "acme", box); return err },
			"seal": func() error { _, err := here.Seal(t.Context(), "acme", nil); return err },
			"move": func() error { _, err := here.Rewrap(t.Context(), "acme", box); return err },
			"turn": func() error { return here.Rotate(t.Context(), "acme") },
		} {
			if err := do(); !errors.Is(err, seal.ErrDestroyed) || resilience.ClassOf(err) != resilience.ClassPermanent {
				t.Errorf("%s after Destroy: %v", name, err)
			}
		}
		for { // uses do not renew a key
			if _, err := there.Open(t.Context(), "acme", box); errors.Is(err, seal.ErrDestroyed) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Second)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the other process read for %s, its keys live a minute", took)
		}
		if back, err := there.Open(t.Context(), "other", others); err != nil || string(back) != "theirs" {
			t.Errorf("another tenant's: %q, %v", back, err)
		}
	})
}

// TestShreddingMeetsOpening lets an Open that began before Destroy end after it.
func TestShreddingMeetsOpening(t *testing.T) {
	t.Parallel()
	from := source(t)
	box := sealed(t, sealer(t, from), "acme", "secret")
	synctest.Test(t, func(t *testing.T) {
		slow := &counted{KeySource: from.KeySource, slow: make(chan struct{})}
		s := sealer(t, slow)
		first := make(chan error)
		go func() { _, err := s.Open(t.Context(), "acme", box); first <- err }()
		synctest.Wait()
		if err := s.Destroy(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		second := make(chan error)
		go func() { _, err := s.Open(t.Context(), "acme", box); second <- err }()
		synctest.Wait()
		close(slow.slow)
		if err := <-first; err != nil {
			t.Errorf("who began before Destroy: %v", err)
		}
		if err := <-second; !errors.Is(err, seal.ErrDestroyed) {
			t.Errorf("who began after Destroy got the key of one who began before: %v", err)
		}
		if _, err := s.Open(t.Context(), "acme", box); !errors.Is(err, seal.ErrDestroyed) {
			t.Errorf("the key of who began before is kept: %v", err)
		}
	})
}
