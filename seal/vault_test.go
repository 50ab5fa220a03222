package seal_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/seal"
)

// vaultServer is transit's part of Vault as its API documents it, with the refusals of its policies left out.
func vaultServer(t *testing.T) (*seal.Vault, func(status int)) {
	t.Helper()
	type transitKey struct {
		versions []cipher.AEAD
		deletion bool
	}
	keys, failing := map[string]*transitKey{}, 0
	fail := func(w http.ResponseWriter, status int, text string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string][]string{"errors": {text}})
	}
	version := func() cipher.AEAD {
		block, _ := aes.NewCipher([]byte(fmt.Sprintf("%032d", time.Now().UnixNano())))
		aead, _ := cipher.NewGCMWithRandomNonce(block)
		return aead
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, ok := strings.CutPrefix(r.URL.Path, "/v1/transit/")
		verb, rest, _ := strings.Cut(path, "/")
		name, more, _ := strings.Cut(rest, "/")
		var body struct {
			Plaintext       []byte `json:"plaintext"`
			Ciphertext      string `json:"ciphertext"`
			DeletionAllowed bool   `json:"deletion_allowed"`
		}
		decoded := json.NewDecoder(r.Body).Decode(&body)
		key := keys[name]
		switch {
		case failing != 0:
			fail(w, failing, "Vault is sealed")
		case r.Header.Get("X-Vault-Token") != "token" || r.Header.Get("X-Vault-Namespace") != "team":
			fail(w, http.StatusForbidden, "permission denied")
		case !ok || decoded != nil:
			fail(w, http.StatusNotFound, "no handler for route")
		case verb == "encrypt":
			if key == nil {
				key = &transitKey{versions: []cipher.AEAD{version()}}
				keys[name] = key
			}
			n := len(key.versions)
			text, _ := json.Marshal(key.versions[n-1].Seal(nil, nil, body.Plaintext, nil))
			_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{
				"ciphertext": fmt.Sprintf("vault:v%d:%s", n, strings.Trim(string(text), `"`)), "key_version": n,
			}})
		case verb == "keys" && key == nil:
			fail(w, http.StatusBadRequest, fmt.Sprintf("no existing key named %s could be found", name))
		case verb == "keys" && r.Method == http.MethodDelete && !key.deletion:
			fail(w, http.StatusBadRequest, "deletion is not allowed for this key")
		case verb == "keys" && r.Method == http.MethodDelete:
			delete(keys, name)
			w.WriteHeader(http.StatusNoContent)
		case verb == "keys" && more == "config":
			key.deletion = body.DeletionAllowed
			w.WriteHeader(http.StatusNoContent)
		case verb == "keys" && more == "rotate":
			key.versions = append(key.versions, version())
			w.WriteHeader(http.StatusNoContent)
		case verb == "decrypt" && key == nil:
			fail(w, http.StatusBadRequest, "encryption key not found")
		case verb == "decrypt":
			parts, at, raw := strings.SplitN(body.Ciphertext, ":", 3), 0, []byte(nil)
			if len(parts) == 3 {
				_, _ = fmt.Sscanf(parts[1], "v%d", &at)
				_ = json.Unmarshal([]byte(`"`+parts[2]+`"`), &raw)
			}
			if at < 1 || at > len(key.versions) || raw == nil {
				fail(w, http.StatusBadRequest, "invalid ciphertext: no prefix")
				return
			}
			plaintext, err := key.versions[at-1].Open(nil, nil, raw, nil)
			if err != nil {
				fail(w, http.StatusBadRequest, "cipher: message authentication failed")
				return
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"plaintext": plaintext}})
		default:
			fail(w, http.StatusNotFound, "no handler for route")
		}
	}))
	client := server.Client()
	t.Cleanup(func() { client.CloseIdleConnections(); server.Close() })
	v, err := seal.NewVault(client, server.URL, func(context.Context) (string, error) { return "token", nil }, seal.VaultNamespace("team"))
	if err != nil {
		t.Fatal(err)
	}
	return v, func(status int) { failing = status }
}

func TestVault(t *testing.T) {
	t.Parallel()
	v, failing := vaultServer(t)
	conforms(t, v)
	s := sealer(t, v)
	box := sealed(t, s, "third", "secret", "x")
	if back, err := s.Open(t.Context(), "third", box, "x"); err != nil || string(back) != "secret" {
		t.Errorf("%q, %v", back, err)
	}
	failing(http.StatusServiceUnavailable)
	if _, err := v.Unwrap(t.Context(), "third", []byte("vault:v1:AA==")); err == nil || resilience.ClassOf(err) != resilience.ClassTransient {
		t.Errorf("while Vault is sealed: %v", err)
	}
	failing(http.StatusForbidden)
	if _, err := v.Wrap(t.Context(), "third", nil); err == nil || resilience.ClassOf(err) != resilience.ClassPermanent {
		t.Errorf("without permission: %v", err)
	}
	if _, err := seal.NewVault(http.DefaultClient, "vault:8200", nil); err == nil {
		t.Error("an address without a scheme is taken")
	}
}
