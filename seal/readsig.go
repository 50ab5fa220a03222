package seal

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/dunglas/httpsfv"
)

const (
	maxNonce      = 128
	maxComponents = 32
)

// signature is what a request says of its own one.
type signature struct {
	base      []byte
	signature []byte
	keyID     string
	alg       string
	nonce     string
	created   time.Time
	expires   time.Time
}

// readSignature reads the one signature that is tagged as ours. It must cover all that a signer here covers.
func readSignature(r *http.Request) (signature, error) {
	refuse := func(why string, args ...any) (signature, error) {
		return signature{}, fmt.Errorf("%w: "+why, append([]any{ErrUnsigned}, args...)...)
	}
	inputs, err := httpsfv.UnmarshalDictionary(r.Header.Values("Signature-Input"))
	if err != nil {
		return refuse("Signature-Input cannot be read")
	}
	signatures, err := httpsfv.UnmarshalDictionary(r.Header.Values("Signature"))
	if err != nil {
		return refuse("Signature cannot be read")
	}
	name, input, found := tagged(inputs)
	if found != 1 {
		return refuse("it has %d signatures with the tag %q, and not one", found, tag)
	}
	member, _ := signatures.Get(name)
	item, _ := member.(httpsfv.Item)
	s := signature{}
	s.signature, _ = item.Value.([]byte)
	s.keyID, s.alg, s.nonce = param(input, "keyid"), param(input, "alg"), param(input, "nonce")
	if len(s.signature) == 0 || s.keyID == "" || s.nonce == "" || len(s.nonce) > maxNonce || len(input.Items) > maxComponents {
		return refuse("signature, keyid and nonce are needed, the nonce of at most %d characters, and at most %d components", maxNonce, maxComponents)
	}
	created, ok := input.Params.Get("created")
	seconds, isTime := created.(int64)
	if !ok || !isTime {
		return refuse("the time created is missing")
	}
	s.created = time.Unix(seconds, 0)
	if expires, ok := input.Params.Get("expires"); ok {
		seconds, isTime := expires.(int64)
		if !isTime {
			return refuse("expires is no time")
		}
		s.expires = time.Unix(seconds, 0)
	}
	for _, needed := range components(r, nil) {
		if !slices.ContainsFunc(input.Items, func(item httpsfv.Item) bool { return item.Value == needed }) {
			return refuse("%q is not covered", needed)
		}
	}
	if s.base, err = signatureBase(r, input); err != nil {
		return refuse("%w", err)
	}
	return s, nil
}

// tagged finds the inner lists with our tag, and returns the last.
func tagged(inputs *httpsfv.Dictionary) (name string, input httpsfv.InnerList, found int) {
	for _, candidate := range inputs.Names() {
		member, _ := inputs.Get(candidate)
		if list, ok := member.(httpsfv.InnerList); ok && param(list, "tag") == tag {
			name, input = candidate, list
			found++
		}
	}
	return name, input, found
}

// param is a parameter that is a string, or "".
func param(list httpsfv.InnerList, name string) string {
	value, _ := list.Params.Get(name)
	text, _ := value.(string)
	return text
}
