package seal

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Keyring is a [KeySource] on a file of this machine, for development and for single hosts: who can read the file can read everything. A backup of
// the file brings destroyed keys back. Several processes may use one file.
//
// What it wraps is the key's version (4 bytes), a nonce (12), the data key and a tag (16), with the tenant and the version authenticated.
type Keyring struct {
	path string
	mu   sync.Mutex
	seen keyFile
}

// ring is a tenant's keys. It stays when they are destroyed, so that no new ones are made.
type ring struct {
	Keys      [][]byte  `json:"keys,omitempty"` // version 1 first
	Destroyed time.Time `json:"destroyed,omitzero"`
}

// OpenKeyring uses the file, which is made when the first key is. It must be readable to its owner alone.
func OpenKeyring(path string) (*Keyring, error) {
	k := &Keyring{path: path}
	if _, err := k.read(); err != nil {
		return nil, err
	}
	return k, nil
}

// Wrap encrypts a data key with the newest version of the tenant's key, and makes the first one.
func (k *Keyring) Wrap(_ context.Context, tenant request.Tenant, key []byte) ([]byte, error) {
	rings, err := k.read()
	if err != nil {
		return nil, err
	}
	own := rings[tenant]
	if own.Destroyed.IsZero() && len(own.Keys) == 0 {
		if own, err = k.change(tenant, func(r *ring) {
			if len(r.Keys) == 0 {
				r.Keys = append(r.Keys, newSecret())
			}
		}); err != nil {
			return nil, err
		}
	}
	if !own.Destroyed.IsZero() {
		return nil, destroyed(tenant)
	}
	aead, err := newAEAD(own.Keys[len(own.Keys)-1])
	if err != nil {
		return nil, err
	}
	number := binary.BigEndian.AppendUint32(nil, uint32(len(own.Keys))) //nolint:gosec // nobody rotates as often
	return aead.Seal(number, nil, key, bind(tenant, []string{"keyring", string(number)})), nil
}

// Unwrap decrypts what Wrap returned.
func (k *Keyring) Unwrap(_ context.Context, tenant request.Tenant, wrapped []byte) ([]byte, error) {
	rings, err := k.read()
	if err != nil {
		return nil, err
	}
	own, known := rings[tenant]
	if !known || !own.Destroyed.IsZero() {
		return nil, destroyed(tenant)
	}
	if len(wrapped) < 4 {
		return nil, resilience.Permanent(ErrSealed)
	}
	number := binary.BigEndian.Uint32(wrapped)
	if number == 0 || uint64(number) > uint64(len(own.Keys)) {
		return nil, resilience.Permanent(fmt.Errorf("%w: the tenant has no key of version %d", ErrSealed, number))
	}
	aead, err := newAEAD(own.Keys[number-1])
	if err != nil {
		return nil, err
	}
	key, err := aead.Open(nil, nil, wrapped[4:], bind(tenant, []string{"keyring", string(wrapped[:4])}))
	if err != nil {
		return nil, resilience.Permanent(ErrSealed)
	}
	return key, nil
}

// Rotate makes a new version of the tenant's key.
func (k *Keyring) Rotate(_ context.Context, tenant request.Tenant) error {
	own, err := k.change(tenant, func(r *ring) { r.Keys = append(r.Keys, newSecret()) })
	if err == nil && !own.Destroyed.IsZero() {
		err = destroyed(tenant)
	}
	return err
}

// Destroy removes all versions of the tenant's key from the file. The tenant gets no new one.
func (k *Keyring) Destroy(_ context.Context, tenant request.Tenant) error {
	_, err := k.change(tenant, func(r *ring) { *r = ring{Destroyed: time.Now().UTC()} })
	return err
}
