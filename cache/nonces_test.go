package cache_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/seal"
)

// pod is a guard of a process of its own.
func pod(t testing.TB, s *server) *seal.ReplayGuard {
	t.Helper()
	nonces, err := cache.NewNonces(s.client(), "api")
	if err != nil {
		t.Fatal(err)
	}
	g, err := seal.NewReplayGuard(seal.KeySet(podKey()), nonces)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func podKey() seal.SigningKey {
	return seal.HMACKey("acme-1", bytes.Repeat([]byte{1}, 32), seal.Owner{Tenant: "acme"})
}

func signed(t testing.TB) *http.Request {
	t.Helper()
	signer, err := seal.NewSigner(podKey(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://api.example/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = signer.Sign(r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReplayOnAnotherPod sends copies of one signed request to three pods at once, and another when Redis has gone.
func TestReplayOnAnotherPod(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	pods := []*seal.ReplayGuard{pod(t, s), pod(t, s), pod(t, s)}
	for range 10 {
		r := signed(t)
		var passed atomic.Int64
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				if _, err := pods[i%3].Verify(r.Clone(t.Context())); err == nil {
					passed.Add(1)
				} else if !errors.Is(err, seal.ErrReplayed) && !errors.Is(err, seal.ErrUndecided) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if passed.Load() != 1 {
			t.Fatalf("of 30 copies %d passed", passed.Load())
		}
	}
	s.kill()
	if _, err := pods[0].Verify(signed(t)); !errors.Is(err, seal.ErrUndecided) || !errors.Is(err, cache.ErrGone) {
		t.Errorf("without Redis: %v", err)
	}
}

func TestNonces(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	client := s.client()
	nonces, err := cache.NewNonces(client, "api")
	if err != nil {
		t.Fatal(err)
	}
	other, err := cache.NewNonces(client, "other")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		if fresh, err := nonces.Reserve(t.Context(), "n", 300*time.Millisecond); fresh != want || err != nil {
			t.Errorf("%t, %v", fresh, err)
		}
	}
	if fresh, err := other.Reserve(t.Context(), "n", time.Minute); !fresh || err != nil {
		t.Errorf("for another purpose: %t, %v", fresh, err)
	}
	if _, err := nonces.Reserve(t.Context(), "", time.Minute); err == nil {
		t.Error("no nonce is taken")
	}
	eventually(t, "it ends", func() bool { return client.DBSize(t.Context()).Val() == 1 })
}
