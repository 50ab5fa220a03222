package seal

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/dunglas/httpsfv"
)

// Signer signs requests by RFC 9421 (HTTP Message Signatures), with Content-Digest of RFC 9530. Covered are method, authority, path, query, body and,
// where a request has them, Content-Type, Idempotency-Key and the fields that the signer is made with. Each signature has a nonce and a time. It is
// the transport of an HTTP client; put it within one that retries, so that each attempt has its own nonce.
type Signer struct {
	key    SigningKey
	next   http.RoundTripper
	fields []string
}

// NewSigner signs with the key, and lets next send what is signed; nil means http.DefaultTransport. Fields are headers that are signed too.
func NewSigner(key SigningKey, next http.RoundTripper, fields ...string) (*Signer, error) {
	if _, err := key.sign(nil); err != nil {
		return nil, err
	}
	if next == nil {
		next = http.DefaultTransport
	}
	return &Signer{key: key, next: next, fields: fields}, nil
}

// RoundTrip sends a signed copy of the request. Its body is read into memory first.
func (s *Signer) RoundTrip(r *http.Request) (*http.Response, error) {
	signed, err := s.Sign(r)
	if err != nil {
		return nil, err
	}
	return s.next.RoundTrip(signed) //nolint:wrapcheck // the next transport's own error
}

// Sign returns a signed copy of the request, and closes the request's body, which it reads into memory.
func (s *Signer) Sign(r *http.Request) (*http.Request, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("seal: sign: body: %w", err)
		}
	}
	signed := r.Clone(r.Context())
	if r.Body != nil {
		signed.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		signed.Body, _ = signed.GetBody()
		signed.ContentLength = int64(len(body))
	}
	digest, err := contentDigest(body)
	if err != nil {
		return nil, err
	}
	signed.Header.Set("Content-Digest", digest)
	input := httpsfv.InnerList{Params: httpsfv.NewParams()}
	for _, name := range components(signed, s.fields) {
		input.Items = append(input.Items, httpsfv.NewItem(name))
	}
	input.Params.Add("created", time.Now().Unix())
	input.Params.Add("nonce", rand.Text())
	input.Params.Add("keyid", s.key.id)
	input.Params.Add("alg", s.key.alg)
	input.Params.Add("tag", tag)
	base, err := signatureBase(signed, input)
	if err != nil {
		return nil, fmt.Errorf("seal: sign: %w", err)
	}
	signature, err := s.key.sign(base)
	if err != nil {
		return nil, err
	}
	for field, member := range map[string]httpsfv.Member{"Signature-Input": input, "Signature": httpsfv.NewItem(signature)} {
		dictionary := httpsfv.NewDictionary()
		dictionary.Add(label, member)
		text, err := httpsfv.Marshal(dictionary)
		if err != nil {
			return nil, fmt.Errorf("seal: sign: %w", err)
		}
		signed.Header.Set(field, text)
	}
	return signed, nil
}
