package webhooks

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// ErrKey is found in the error of text that is no key of Standard Webhooks.
var ErrKey = errors.New("webhooks: not a key")

// Prefixes of keys as text.
const (
	prefixSecret  = "whsec_" // v1, HMAC-SHA256: the same on both sides
	prefixPrivate = "whsk_"  // v1a, Ed25519: who sends
	prefixPublic  = "whpk_"  // v1a, Ed25519: who receives
)

// Sizes of secrets in bytes, as Standard Webhooks has them.
const (
	leastSecret = 24
	mostSecret  = 64
	newSecret   = 32
)

// Key is a key of Standard Webhooks: a secret of v1 (HMAC-SHA256), or one half of a pair of v1a (Ed25519). Its String and its JSON
// tell no secret: [Key.Reveal] does. The zero Key signs and verifies nothing.
type Key struct {
	secret  []byte
	private ed25519.PrivateKey
	public  ed25519.PublicKey
}

// NewSecret makes a secret of v1, of 32 random bytes.
func NewSecret() Key {
	secret := make([]byte, newSecret)
	_, _ = rand.Read(secret) // it never fails
	return Key{secret: secret}
}

// NewKeyPair makes a key of v1a that signs. [Key.Public] is what a receiver is given.
func NewKeyPair() Key {
	public, private, _ := ed25519.GenerateKey(nil) // the system's randomness never fails
	return Key{private: private, public: public}
}

// ParseKey reads a key: "whsec_" and base64 of 24 to 64 bytes; "whsk_" and base64 of an Ed25519 seed of 32 bytes, or of seed and
// public key, 64 bytes; "whpk_" and base64 of an Ed25519 public key. Errors do not hold the text.
func ParseKey(text string) (Key, error) {
	for _, kind := range []struct {
		prefix string
		of     func([]byte) (Key, error)
	}{{prefixSecret, secretOf}, {prefixPrivate, privateOf}, {prefixPublic, publicOf}} {
		encoded, is := strings.CutPrefix(text, kind.prefix)
		if !is {
			continue
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil {
			return Key{}, fmt.Errorf("%w: what follows %s is not base64", ErrKey, kind.prefix)
		}
		return kind.of(raw)
	}
	return Key{}, fmt.Errorf("%w: it must begin with %s, %s or %s", ErrKey, prefixSecret, prefixPrivate, prefixPublic)
}

func secretOf(raw []byte) (Key, error) {
	if len(raw) < leastSecret || len(raw) > mostSecret {
		return Key{}, fmt.Errorf("%w: a secret has %d to %d bytes, and not %d", ErrKey, leastSecret, mostSecret, len(raw))
	}
	return Key{secret: raw}, nil
}

func privateOf(raw []byte) (Key, error) {
	if len(raw) != ed25519.SeedSize && len(raw) != ed25519.PrivateKeySize {
		return Key{}, fmt.Errorf("%w: a private key has %d or %d bytes, and not %d", ErrKey, ed25519.SeedSize, ed25519.PrivateKeySize, len(raw))
	}
	private := ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize])
	if len(raw) == ed25519.PrivateKeySize && !private.Equal(ed25519.PrivateKey(raw)) {
		return Key{}, fmt.Errorf("%w: the halves of the private key do not belong together", ErrKey)
	}
	return Key{private: private, public: ed25519.PublicKey(private[ed25519.SeedSize:])}, nil
}

func publicOf(raw []byte) (Key, error) {
	if len(raw) != ed25519.PublicKeySize {
		return Key{}, fmt.Errorf("%w: a public key has %d bytes, and not %d", ErrKey, ed25519.PublicKeySize, len(raw))
	}
	return Key{public: raw}, nil
}

// Public is the half of a pair that verifies, and no key for a secret, which has none.
func (k Key) Public() Key { return Key{public: k.public} }

// Reveal is the key as text that [ParseKey] reads. Keep it where secrets are kept, unless it is that of [Key.Public].
func (k Key) Reveal() string {
	switch {
	case k.secret != nil:
		return prefixSecret + base64.StdEncoding.EncodeToString(k.secret)
	case k.private != nil:
		return prefixPrivate + base64.StdEncoding.EncodeToString(k.private)
	case k.public != nil:
		return prefixPublic + base64.StdEncoding.EncodeToString(k.public)
	}
	return ""
}

// String says what kind of key it is, and a public key.
func (k Key) String() string {
	switch {
	case k.secret != nil:
		return prefixSecret + "…"
	case k.private != nil:
		return prefixPrivate + "…"
	}
	return k.Reveal()
}

// GoString is String, so that %#v tells no secret either.
func (k Key) GoString() string { return k.String() }

// MarshalText is String, so that no encoder tells a secret by accident.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// sign is the signature of content, or empty where the key does not sign.
func (k Key) sign(content []byte) string {
	switch {
	case k.secret != nil:
		return versionHMAC + "," + base64.StdEncoding.EncodeToString(k.mac(content))
	case k.private != nil:
		return versionEd25519 + "," + base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, content))
	}
	return ""
}

// verifies says whether a signature of a version is the key's, in constant time.
func (k Key) verifies(version string, signature, content []byte) bool {
	switch {
	case version == versionHMAC && k.secret != nil:
		return hmac.Equal(signature, k.mac(content))
	case version == versionEd25519 && k.public != nil:
		return len(signature) == ed25519.SignatureSize && ed25519.Verify(k.public, content, signature)
	}
	return false
}

func (k Key) mac(content []byte) []byte {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write(content)
	return mac.Sum(nil)
}
