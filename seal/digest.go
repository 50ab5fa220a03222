package seal

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"

	"github.com/dunglas/httpsfv"
)

const digestAlgorithm = "sha-256"

// contentDigest is the field Content-Digest of RFC 9530.
func contentDigest(body []byte) (string, error) {
	sum := sha256.Sum256(body)
	digest := httpsfv.NewDictionary()
	digest.Add(digestAlgorithm, httpsfv.NewItem(sum[:]))
	return httpsfv.Marshal(digest) //nolint:wrapcheck // it cannot fail
}

// matchesDigest says whether the body is the one that the field's sha-256 is of.
func matchesDigest(field []string, body []byte) error {
	digests, err := httpsfv.UnmarshalDictionary(field)
	if err != nil {
		return errors.New("Content-Digest is not a dictionary of RFC 9530")
	}
	member, _ := digests.Get(digestAlgorithm)
	item, _ := member.(httpsfv.Item)
	claimed, ok := item.Value.([]byte)
	if !ok {
		return errors.New("Content-Digest has no sha-256")
	}
	sum := sha256.Sum256(body)
	if subtle.ConstantTimeCompare(sum[:], claimed) != 1 {
		return errors.New("the body is not the one of Content-Digest")
	}
	return nil
}
