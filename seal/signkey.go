package seal

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/millrace/millrace/request"
)

// The algorithms of RFC 9421, section 3.3, by which requests are signed here.
const (
	algHMAC    = "hmac-sha256"
	algEd25519 = "ed25519"
)

const minHMAC = 32

// SigningKey signs requests or verifies them. Make one with [HMACKey], [Ed25519Key] or [Ed25519Public].
type SigningKey struct {
	id      string
	alg     string
	secret  []byte
	private ed25519.PrivateKey
	public  ed25519.PublicKey
	owner   Owner
	err     error
}

// Owner is on whose behalf a key signs: what the guard puts into the request's context.
type Owner struct {
	Tenant    request.Tenant
	Principal request.Principal
	Roles     request.Roles
}

// HMACKey is a secret of at least 32 bytes that both sides have.
func HMACKey(id string, secret []byte, owner Owner) SigningKey {
	k := SigningKey{id: id, alg: algHMAC, secret: append([]byte(nil), secret...), owner: owner}
	if len(secret) < minHMAC {
		k.err = fmt.Errorf("seal: signing key: an HMAC secret needs %d bytes, not %d", minHMAC, len(secret))
	}
	return k.checked()
}

// Ed25519Key is a private key, for who signs.
func Ed25519Key(id string, private ed25519.PrivateKey, owner Owner) SigningKey {
	k := SigningKey{id: id, alg: algEd25519, private: private, owner: owner}
	if len(private) != ed25519.PrivateKeySize {
		k.err = errors.New("seal: signing key: not a private key of Ed25519")
		return k
	}
	k.public = ed25519.PublicKey(private[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
	return k.checked()
}

// Ed25519Public is a public key, for who verifies.
func Ed25519Public(id string, public ed25519.PublicKey, owner Owner) SigningKey {
	k := SigningKey{id: id, alg: algEd25519, public: public, owner: owner}
	if len(public) != ed25519.PublicKeySize {
		k.err = errors.New("seal: signing key: not a public key of Ed25519")
	}
	return k.checked()
}

func (k SigningKey) checked() SigningKey {
	for _, c := range []byte(k.id) {
		if c < ' ' || c > '~' {
			k.err = errors.Join(k.err, errors.New("seal: signing key: its id must be printable ASCII"))
			break
		}
	}
	if k.id == "" || len(k.id) > 128 {
		k.err = errors.Join(k.err, errors.New("seal: signing key: its id must have 1 to 128 characters"))
	}
	info := request.Info{Tenant: k.owner.Tenant, Principal: k.owner.Principal, Roles: k.owner.Roles}
	k.err = errors.Join(k.err, info.Validate())
	return k
}

// Err says what is wrong with the key, or nil.
func (k SigningKey) Err() error { return k.err }

func (k SigningKey) sign(base []byte) ([]byte, error) {
	switch {
	case k.err != nil:
		return nil, k.err
	case k.alg == algHMAC:
		mac := hmac.New(sha256.New, k.secret)
		mac.Write(base)
		return mac.Sum(nil), nil
	case k.private != nil:
		return ed25519.Sign(k.private, base), nil
	}
	return nil, errors.New("seal: signing key: a public key does not sign")
}

func (k SigningKey) verify(base, signature []byte) bool {
	switch {
	case k.err != nil:
		return false
	case k.alg == algHMAC:
		mac := hmac.New(sha256.New, k.secret)
		mac.Write(base)
		return hmac.Equal(mac.Sum(nil), signature)
	case k.public != nil:
		return ed25519.Verify(k.public, base, signature)
	}
	return false
}

// Keys finds the key with an id, such as in a database; an error that matches [ErrKeyUnknown] where there is none.
type Keys func(ctx context.Context, id string) (SigningKey, error)

// ErrKeyUnknown is found in the error of a key id that nobody has.
var ErrKeyUnknown = errors.New("seal: the signing key is not known")

// KeySet is Keys of a few that are known beforehand. Two of one owner let keys be changed without a gap.
func KeySet(keys ...SigningKey) Keys {
	byID := make(map[string]SigningKey, len(keys))
	for _, key := range keys {
		byID[key.id] = key
	}
	return func(_ context.Context, id string) (SigningKey, error) {
		key, known := byID[id]
		if !known {
			return SigningKey{}, ErrKeyUnknown
		}
		return key, key.err
	}
}
