package webhooks

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
)

// SealKey encrypts what endpoints' rows have of secrets: their signing keys and headers.
type SealKey struct {
	// ID is stored beside what the key has sealed: 1 to 32 of the characters a-z A-Z 0-9 _ -.
	ID string
	// Secret are 32 bytes, for AES-256-GCM.
	Secret []byte
}

// Sealed encrypts secrets before they leave the process that makes or changes an endpoint, so that Kafka and disks never have them in the
// clear. The first key seals and all open. To change it, let all nodes have the new key behind the old one, then before it, which seals
// anew what the shards have, and then alone. Without this option secrets are in the clear in the group's topics: whoever may read them can
// sign in your name.
func Sealed(keys ...SealKey) Option {
	return option(func(c *config) {
		if len(keys) == 0 {
			c.errs = append(c.errs, errors.New("Sealed: there is no key"))
		}
		for _, k := range keys {
			s, err := newSealer(k)
			c.errs = append(c.errs, err)
			c.keys = append(c.keys, s)
		}
	})
}

type sealer struct {
	id   string
	aead cipher.AEAD
}

var sealPattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,32}$`)

const sealBytes = 32

func newSealer(k SealKey) (sealer, error) {
	if !sealPattern.MatchString(k.ID) || len(k.Secret) != sealBytes {
		return sealer{}, fmt.Errorf("Sealed: the key %q must have an id of 1 to 32 of the characters a-z A-Z 0-9 _ -, and 32 bytes", k.ID)
	}
	block, err := aes.NewCipher(k.Secret)
	if err != nil {
		return sealer{}, errors.New("Sealed: the key is none of AES")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{id: k.ID, aead: aead}, err //nolint:wrapcheck // of a block of AES there is none
}

// sealed is a secret as it is stored. Without a key it is in the clear.
type sealed struct {
	Key  string `json:"key,omitempty"`
	Data []byte `json:"data,omitempty"`
}

// String tells nothing.
func (sealed) String() string { return "sealed" }

// GoString tells nothing.
func (sealed) GoString() string { return "sealed" }

// errSeal says that a secret is sealed by a key that this process does not have, or was not sealed for this endpoint.
var errSeal = errors.New("webhooks: a secret cannot be opened: give the key that sealed it to webhooks.Sealed")

// seal encrypts a secret of an endpoint, which it is bound to.
func (c *config) seal(key string, secret []byte) sealed {
	if len(c.keys) == 0 {
		return sealed{Data: secret}
	}
	return sealed{Key: c.keys[0].id, Data: c.keys[0].aead.Seal(nil, nil, secret, []byte(key))} //nolint:gosec // the cipher makes its nonce
}

func (c *config) open(key string, s sealed) ([]byte, error) {
	if s.Key == "" {
		return s.Data, nil
	}
	for _, k := range c.keys {
		if k.id == s.Key {
			secret, err := k.aead.Open(nil, nil, s.Data, []byte(key))
			if err != nil {
				return nil, errSeal
			}
			return secret, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", errSeal, s.Key)
}

// stale says whether a secret is to be sealed anew.
func (c *config) stale(s sealed) bool {
	return len(c.keys) > 0 && len(s.Data) > 0 && s.Key != c.keys[0].id
}

// takes says whether a secret may be stored: not in the clear where others are sealed, and not under a key that nobody has here.
func (c *config) takes(s sealed) bool {
	if len(s.Data) == 0 || len(c.keys) == 0 && s.Key == "" {
		return true
	}
	for _, k := range c.keys {
		if k.id == s.Key {
			return true
		}
	}
	return false
}

// random are n bytes that nobody can guess.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}
