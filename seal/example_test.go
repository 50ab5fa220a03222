package seal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/seal"
)

func ExampleSealer() {
	dir, err := os.MkdirTemp("", "keyring")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	keys, err := seal.OpenKeyring(filepath.Join(dir, "keys.json"))
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := seal.New(keys)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	box, err := s.Seal(ctx, "acme", []byte("4111 1111"), "customer", "42", "card")
	if err != nil {
		fmt.Println(err)
		return
	}
	card, err := s.Open(ctx, "acme", box, "customer", "42", "card")
	fmt.Println(string(card), err)
	_, err = s.Open(ctx, "acme", box, "customer", "43", "card") // copied to another row
	fmt.Println(errors.Is(err, seal.ErrSealed))
	if err := s.Destroy(ctx, "acme"); err != nil { // the customer is forgotten, in all backups too
		fmt.Println(err)
	}
	_, err = s.Open(ctx, "acme", box, "customer", "42", "card")
	fmt.Println(errors.Is(err, seal.ErrDestroyed))
	// Output:
	// 4111 1111 <nil>
	// true
	// true
}

func ExampleReplayGuard() {
	key := seal.HMACKey("acme-1", []byte("32 bytes that both sides know: ok"), seal.Owner{Tenant: "acme"})
	nonces, err := seal.NewMemoryNonces(100_000) // cache.NewNonces where there are several pods
	if err != nil {
		fmt.Println(err)
		return
	}
	guard, err := seal.NewReplayGuard(seal.KeySet(key), nonces)
	if err != nil {
		fmt.Println(err)
		return
	}
	signer, err := seal.NewSigner(key, nil) // Transport of an http.Client
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := guard.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r, err := signer.Sign(httptest.NewRequestWithContext(context.Background(), http.MethodGet, "https://api.example/orders", nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r.Clone(context.Background()))
		fmt.Println(w.Code)
	}
	// Output:
	// 200
	// 409
}
