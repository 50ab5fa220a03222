package seal

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/dunglas/httpsfv"
)

// TestVectors takes the examples of RFC 9421, appendix B.2.5 and B.2.6, and their keys, and the digest of RFC 9530, appendix B.1.
func TestVectors(t *testing.T) {
	t.Parallel()
	decode := func(text string) []byte {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	private, err := x509.ParsePKCS8PrivateKey(decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"))
	if err != nil {
		t.Fatal(err)
	}
	secret := decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.com/foo?param=Value&Pet=dog",
		strings.NewReader(`{"hello": "world"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Date", "Tue, 20 Apr 2021 02:07:55 GMT")
	r.Header.Set("Content-Type", "application/json")
	for _, vector := range []struct {
		key              SigningKey
		input, signature string
	}{
		{
			HMACKey("test-shared-secret", secret, Owner{}), `sig=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`,
			"pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
		},
		{
			Ed25519Key("test-key-ed25519", private.(ed25519.PrivateKey), Owner{}),
			`sig=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`,
			"wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
		},
	} {
		inputs, err := httpsfv.UnmarshalDictionary([]string{vector.input})
		if err != nil {
			t.Fatal(err)
		}
		member, _ := inputs.Get("sig")
		base, err := signatureBase(r, member.(httpsfv.InnerList))
		if err != nil {
			t.Fatal(err)
		}
		signature, err := vector.key.sign(base)
		if got := base64.StdEncoding.EncodeToString(signature); err != nil || got != vector.signature {
			t.Errorf("%s: %s, %v\n%s", vector.key.id, got, err, base)
		}
		if !vector.key.verify(base, decode(vector.signature)) {
			t.Errorf("%s: the signature of the RFC does not match", vector.key.id)
		}
	}
	if err := matchesDigest([]string{"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"}, []byte(`{"hello": "world"}`)); err != nil {
		t.Errorf("the digest of the RFC: %v", err)
	}
}

// FuzzReadSignature reads what a stranger may send.
func FuzzReadSignature(f *testing.F) {
	covered := `("@method" "@authority" "@path" "@query" "content-digest");created=1;nonce="n";keyid="k";alg="ed25519";tag="millrace"`
	f.Add("millrace="+covered, "millrace=:AAAA:", "sha-256=:AAAA:")
	f.Add("a="+covered+", b="+covered, "a=:AAAA:, b=?1", "")
	f.Add(`millrace=("@method";req "x");created="1"`, "millrace=1", "sha-256=(1 2)")
	f.Fuzz(func(t *testing.T, input, signature, digest string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header["Signature-Input"], r.Header["Signature"], r.Header["Content-Digest"] = []string{input}, []string{signature}, []string{digest}
		read, err := readSignature(r)
		if err == nil && (read.keyID == "" || read.nonce == "" || len(read.base) == 0 || !strings.Contains(string(read.base), `"@path": /`)) {
			t.Fatalf("%q is taken as %+v", input, read)
		}
		_ = matchesDigest(r.Header["Content-Digest"], nil)
	})
}
