package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Vault is a [KeySource] on the transit engine of HashiCorp Vault or OpenBao, by its HTTP API, version 1. A tenant's key is the transit key of the
// prefix and the tenant's name, of Vault's default type, aes256-gcm96.
//
// A token needs update on encrypt/<prefix>* and decrypt/<prefix>*; to rotate and destroy, also on keys/<prefix>*, and delete there. With create on
// encrypt/<prefix>* Vault makes a key at its first use; without it keys are made by an operator, and none comes back after it was destroyed.
type Vault struct {
	client    *http.Client
	base      string
	token     func(context.Context) (string, error)
	prefix    string
	namespace string
}

// VaultOption changes a [Vault].
type VaultOption interface{ applyVault(*Vault, *string) }

type vaultOption func(v *Vault, mount *string)

func (f vaultOption) applyVault(v *Vault, mount *string) { f(v, mount) }

// VaultMount is the path that the transit engine is mounted at. The default is "transit".
func VaultMount(path string) VaultOption {
	return vaultOption(func(_ *Vault, mount *string) { *mount = path })
}

// VaultNamespace is the namespace of all requests. The default is none.
func VaultNamespace(name string) VaultOption {
	return vaultOption(func(v *Vault, _ *string) { v.namespace = name })
}

// VaultPrefix stands before the tenant in a key's name. The default is "millrace-".
func VaultPrefix(text string) VaultOption {
	return vaultOption(func(v *Vault, _ *string) { v.prefix = text })
}

// NewVault uses the server at the address, such as https://vault:8200. token is asked at each request, so that it may be renewed. The client may
// retry and break the circuit: see resilience.Transport.
func NewVault(client *http.Client, address string, token func(context.Context) (string, error), opts ...VaultOption) (*Vault, error) {
	at, err := url.Parse(address)
	if client == nil || token == nil || err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" {
		return nil, fmt.Errorf("seal: vault: a client, a token and an address such as https://vault:8200 are needed, not %q", address)
	}
	v, mount := &Vault{client: client, token: token, prefix: "millrace-"}, "transit"
	for _, opt := range opts {
		opt.applyVault(v, &mount)
	}
	if mount = strings.Trim(mount, "/"); mount == "" {
		return nil, errors.New("seal: vault: the mount must not be empty")
	}
	v.base = at.JoinPath("v1", mount).String()
	return v, nil
}

// vaultBody is requests and the data of answers. A []byte is in base 64, as Vault wants it.
type vaultBody struct {
	Plaintext       []byte `json:"plaintext,omitempty"`
	Ciphertext      string `json:"ciphertext,omitempty"`
	DeletionAllowed bool   `json:"deletion_allowed,omitempty"`
}

// Wrap is encrypt.
func (v *Vault) Wrap(ctx context.Context, tenant request.Tenant, key []byte) ([]byte, error) {
	answer, err := v.ask(ctx, http.MethodPost, "encrypt", tenant, "", vaultBody{Plaintext: key})
	return []byte(answer.Ciphertext), err
}

// Unwrap is decrypt.
func (v *Vault) Unwrap(ctx context.Context, tenant request.Tenant, wrapped []byte) ([]byte, error) {
	answer, err := v.ask(ctx, http.MethodPost, "decrypt", tenant, "", vaultBody{Ciphertext: string(wrapped)})
	return answer.Plaintext, err
}

// Rotate is rotate.
func (v *Vault) Rotate(ctx context.Context, tenant request.Tenant) error {
	_, err := v.ask(ctx, http.MethodPost, "keys", tenant, "/rotate", vaultBody{})
	return err
}

// Destroy allows the key's deletion and deletes it. A key that is not there is no error.
func (v *Vault) Destroy(ctx context.Context, tenant request.Tenant) error {
	_, err := v.ask(ctx, http.MethodPost, "keys", tenant, "/config", vaultBody{DeletionAllowed: true})
	if err == nil {
		_, err = v.ask(ctx, http.MethodDelete, "keys", tenant, "", vaultBody{})
	}
	if errors.Is(err, ErrDestroyed) {
		return nil
	}
	return err
}

const maxVaultAnswer = 1 << 20

func (v *Vault) ask(ctx context.Context, method, verb string, tenant request.Tenant, more string, body vaultBody) (vaultBody, error) {
	failed := func(err error) (vaultBody, error) { return vaultBody{}, fmt.Errorf("seal: vault: %s: %w", verb, err) }
	token, err := v.token(ctx)
	if err != nil {
		return failed(err)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return failed(err)
	}
	where := v.base + "/" + verb + "/" + url.PathEscape(v.prefix+string(tenant)) + more
	r, err := http.NewRequestWithContext(ctx, method, where, bytes.NewReader(text))
	if err != nil {
		return failed(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Vault-Request", "true")
	r.Header.Set("X-Vault-Token", token)
	if v.namespace != "" {
		r.Header.Set("X-Vault-Namespace", v.namespace)
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return failed(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it has been read
	said, err := io.ReadAll(io.LimitReader(answer.Body, maxVaultAnswer))
	if err != nil {
		return failed(err)
	}
	if answer.StatusCode/100 != 2 {
		return failed(vaultError(answer.StatusCode, said, tenant))
	}
	var got struct {
		Data vaultBody `json:"data"`
	}
	if answer.StatusCode != http.StatusNoContent && len(said) > 0 {
		if err := json.Unmarshal(said, &got); err != nil {
			return failed(errors.New("the answer is not Vault's"))
		}
	}
	return got.Data, nil
}

// vaultError reads {"errors": [...]}, which holds no secrets.
func vaultError(status int, said []byte, tenant request.Tenant) error {
	var told struct {
		Errors []string `json:"errors"`
	}
	_ = json.Unmarshal(said, &told) // without it the status says enough
	text := strings.Join(told.Errors, "; ")
	err := fmt.Errorf("status %d: %s", status, text)
	switch {
	case status == http.StatusNotFound || strings.Contains(text, "encryption key not found") || strings.Contains(text, "no existing key"):
		return destroyed(tenant)
	case strings.Contains(text, "message authentication failed") || strings.Contains(text, "invalid ciphertext"):
		return resilience.Permanent(fmt.Errorf("%w: %w", ErrSealed, err))
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError || status == http.StatusPreconditionFailed:
		return resilience.Transient(err)
	}
	return resilience.Permanent(err)
}
