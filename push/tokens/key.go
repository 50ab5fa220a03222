package tokens

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
)

// Key is one that tokens are signed with. See [Secret] and [Public].
type Key struct {
	id        string
	algorithm string
	key       crypto.PublicKey // or a secret
	err       error
}

// Least sizes of keys: of a secret as RFC 7518 section 3.2 says, and of RSA as section 3.3 does.
const (
	leastSecret = 32
	leastRSA    = 2048
)

// Secret is a key of HS256, 32 bytes or more. The id is the "kid" of tokens that it signs, empty where they have none.
func Secret(id string, secret []byte) Key {
	k := Key{id: id, algorithm: "HS256", key: secret}
	if len(secret) < leastSecret {
		k.err = fmt.Errorf("the secret %q has %d bytes of %d at least", id, len(secret), leastSecret)
	}
	return k
}

// Public is a key of RS256, ES256, ES384, ES512 or EdDSA, by what it is: *rsa.PublicKey of 2048 bits or more, *ecdsa.PublicKey, or ed25519.PublicKey.
func Public(id string, key crypto.PublicKey) Key {
	k := Key{id: id, key: key}
	switch public := key.(type) {
	case *rsa.PublicKey:
		k.algorithm = "RS256"
		if public.N.BitLen() < leastRSA {
			k.err = fmt.Errorf("the RSA key %q has %d bits of %d at least", id, public.N.BitLen(), leastRSA)
		}
	case *ecdsa.PublicKey:
		k.algorithm = map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[public.Curve.Params().BitSize]
	case ed25519.PublicKey:
		k.algorithm = "EdDSA"
	}
	if k.algorithm == "" {
		k.err = errors.New("a public key must be of RSA, of ECDSA on P-256, P-384 or P-521, or of Ed25519")
	}
	return k
}
