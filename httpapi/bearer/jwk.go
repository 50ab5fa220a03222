package bearer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
)

// Bounds of RSA keys: the least as RFC 7518 section 3.3 has it, and a most, so that nobody's key costs much.
const (
	leastRSA      = 2048
	mostRSA       = 8192
	leastExponent = 3
	mostExponent  = 1<<31 - 1
)

// jwk is a public key as RFC 7517 and RFC 7518 section 6 write it.
type jwk struct {
	Kind       string   `json:"kty"`
	ID         string   `json:"kid"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	Curve      string   `json:"crv"`
	N          string   `json:"n"`
	E          string   `json:"e"`
	X          string   `json:"x"`
	Y          string   `json:"y"`
}

// key verifies tokens of a few algorithms, none of which has a secret.
type key struct {
	id         string
	algorithms []string
	public     crypto.PublicKey
}

func (k key) takes(algorithm string) bool { return slices.Contains(k.algorithms, algorithm) }

// asymmetric are the algorithms of tokens that are taken.
var asymmetric = slices.Concat(ofRSA, []string{"ES256", "ES384", "ES512", "EdDSA"}) //nolint:gochecknoglobals // constant

var ofRSA = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} //nolint:gochecknoglobals // constant

// usable are the keys that sign. Others, and those that are not understood, are left out, as RFC 7517 section 5 wants it.
func usable(all []json.RawMessage) []key {
	var keys []key
	for _, text := range all {
		var j jwk
		if json.Unmarshal(text, &j) != nil || j.Use != "" && j.Use != "sig" || len(j.Operations) > 0 && !slices.Contains(j.Operations, "verify") {
			continue
		}
		k := key{id: j.ID}
		switch j.Kind {
		case "RSA":
			k.public, k.algorithms = j.rsa(), ofRSA
		case "EC":
			k.public, k.algorithms = j.ecdsa()
		case "OKP":
			k.public, k.algorithms = j.ed25519(), []string{"EdDSA"}
		}
		if j.Algorithm != "" {
			k.algorithms = slices.DeleteFunc(slices.Clone(k.algorithms), func(a string) bool { return a != j.Algorithm })
		}
		if k.public != nil && len(k.algorithms) > 0 {
			keys = append(keys, k)
		}
	}
	return keys
}

func (j jwk) rsa() crypto.PublicKey {
	n, e := decoded(j.N), new(big.Int).SetBytes(decoded(j.E))
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(n)}
	bits := public.N.BitLen()
	if bits < leastRSA || bits > mostRSA || e.BitLen() > 31 || e.Bit(0) == 0 || e.Int64() < leastExponent || e.Int64() > mostExponent {
		return nil
	}
	public.E = int(e.Int64())
	return public
}

func (j jwk) ecdsa() (crypto.PublicKey, []string) {
	var curve elliptic.Curve
	var algorithm string
	switch j.Curve {
	case "P-256":
		curve, algorithm = elliptic.P256(), "ES256"
	case "P-384":
		curve, algorithm = elliptic.P384(), "ES384"
	case "P-521":
		curve, algorithm = elliptic.P521(), "ES512"
	default:
		return nil, nil
	}
	x, y, size := decoded(j.X), decoded(j.Y), (curve.Params().BitSize+7)/8 //nolint:mnd // bits of a byte
	if len(x) != size || len(y) != size {
		return nil, nil
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y)) // it must be a point of the curve
	if err != nil {
		return nil, nil
	}
	return public, []string{algorithm}
}

func (j jwk) ed25519() crypto.PublicKey {
	x := decoded(j.X)
	if j.Curve != "Ed25519" || len(x) != ed25519.PublicKeySize {
		return nil
	}
	return ed25519.PublicKey(x)
}

// decoded is what a member says, or nothing.
func decoded(text string) []byte {
	value, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return value
}
