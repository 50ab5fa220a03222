package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"

	"github.com/millrace/millrace/resilience"
)

// dataKey encrypts what is sealed.
type dataKey struct {
	aead    cipher.AEAD
	commit  []byte
	wrapped []byte
}

// derive makes the data key of its secret.
func derive(secret, wrapped []byte) (*dataKey, error) {
	if len(secret) != keySize {
		return nil, resilience.Permanent(fmt.Errorf("%w: a data key of %d bytes", ErrSealed, len(secret)))
	}
	key, err := hkdf.Key(sha256.New, secret, nil, infoEncrypt, keySize)
	if err != nil {
		return nil, fmt.Errorf("seal: derive: %w", err)
	}
	commit, err := hkdf.Key(sha256.New, secret, nil, infoCommit, commitment)
	if err != nil {
		return nil, fmt.Errorf("seal: derive: %w", err)
	}
	aead, err := newAEAD(key)
	return &dataKey{aead: aead, commit: commit, wrapped: bytes.Clone(wrapped)}, err
}

// newAEAD is AES-256-GCM whose nonce is random and stands before the ciphertext.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal: cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("seal: cipher: %w", err)
	}
	return aead, nil
}

func newSecret() []byte {
	secret := make([]byte, keySize)
	_, _ = rand.Read(secret) // it never fails: crypto/rand ends the program instead
	return secret
}

func (k *dataKey) seal(plaintext, bound []byte) []byte {
	return k.aead.Seal(head(k.commit, k.wrapped, nonceSize+len(plaintext)+tagSize), nil, plaintext, bound) //nolint:gosec // it makes its nonce
}

// made says whether the box was sealed with this key.
func (k *dataKey) made(b box) bool { return subtle.ConstantTimeCompare(k.commit, b.commit) == 1 }

func (k *dataKey) open(b box, bound []byte) ([]byte, error) {
	if !k.made(b) {
		return nil, resilience.Permanent(ErrSealed)
	}
	plaintext, err := k.aead.Open(nil, nil, b.sealed, bound)
	if err != nil {
		return nil, resilience.Permanent(ErrSealed)
	}
	return plaintext, nil
}
