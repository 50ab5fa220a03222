package webhooks

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Headers of Standard Webhooks.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// Versions of signatures.
const (
	versionHMAC    = "v1"
	versionEd25519 = "v1a"
)

// idPattern is what a message's id may be: it is a part of what is signed, where a point separates.
var idPattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)

// Sign sets the three headers of Standard Webhooks: id, the time in whole seconds, and a signature of each key, so that a receiver
// may have any of them while keys are rotated. The id is 1 to 128 of the characters a-z A-Z 0-9 _ -, the same for each attempt to
// deliver a message. The body is signed as it is: send these bytes.
func Sign(header http.Header, id string, at time.Time, body []byte, keys ...Key) error {
	if !idPattern.MatchString(id) {
		return errors.New("webhooks: sign: the id must be 1 to 128 of the characters a-z A-Z 0-9 _ -")
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	content := signed(id, timestamp, body)
	signatures := make([]string, 0, len(keys))
	for i, key := range keys {
		signature := key.sign(content)
		if signature == "" {
			return fmt.Errorf("webhooks: sign: key %d of %d does not sign: a public key verifies only", i+1, len(keys))
		}
		signatures = append(signatures, signature)
	}
	if len(signatures) == 0 {
		return errors.New("webhooks: sign: there is no key")
	}
	header.Set(HeaderID, id)
	header.Set(HeaderTimestamp, timestamp)
	header.Set(HeaderSignature, strings.Join(signatures, " "))
	return nil
}

// signed is the content that is signed.
func signed(id, timestamp string, body []byte) []byte {
	content := make([]byte, 0, len(id)+len(timestamp)+len(body)+len(".."))
	content = append(append(content, id...), '.')
	content = append(append(content, timestamp...), '.')
	return append(content, body...)
}
