package claimcheck

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// version is of the format of [Reference].
const version = 1

// Reference is what a record holds in the place of a payload that is kept in a [Store]: a JSON document (RFC 8259) whose members may stand in any
// order, so that a jsonb column of an outbox may hold it. Members that are not known are passed over; another version is refused.
type Reference struct {
	// Version is 1. Its name tells a reference from a payload.
	Version int `json:"millrace-claim"`
	// Key is the object's, in whichever bucket the reader looks: topic, tenant or "-", and "claim-" with 32 hexadecimal digits, joined by "/".
	Key string `json:"key"`
	// Size is the payload's, in bytes.
	Size int64 `json:"size"`
	// SHA256 is the payload's, in lower-case hexadecimal digits.
	SHA256 string `json:"sha256"`
	// Type is the payload's media type.
	Type string `json:"type"`
}

const memberVersion = "millrace-claim"

// mayName says whether a JSON text may hold memberVersion: as it is, or with one of its characters escaped.
func mayName(text []byte) bool {
	if bytes.Contains(text, []byte(memberVersion)) {
		return true
	}
	const escape, digits = `\u00`, 2
	for {
		at := bytes.Index(text, []byte(escape))
		if at < 0 || len(text)-at < len(escape)+digits {
			return false
		}
		text = text[at+len(escape):]
		switch { // "-" is 2d, and letters are 61 to 7a
		case text[0] == '6', text[0] == '7', text[0] == '2' && text[1]|' ' == 'd':
			return true
		}
	}
}

// isReference says whether a value is a reference. A payload that would be taken for one is never left in a record.
func isReference(value []byte) bool {
	text := bytes.TrimLeft(value, " \t\r\n")
	if len(text) == 0 || text[0] != '{' || !mayName(text) {
		return false
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := decoder.ReadToken(); err != nil {
		return false
	}
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil {
			return false
		}
		if name.String() == memberVersion {
			return true
		}
		if decoder.SkipValue() != nil {
			return false
		}
	}
	return false
}

// ParseReference reads the value of a record. It is false where the value is a payload, and fails where it is a reference that cannot be read.
func ParseReference(value []byte) (r Reference, is bool, err error) {
	if !isReference(value) {
		return r, false, nil
	}
	r, err = parseReference(value)
	return r, true, err
}

// parseReference is for itself since what it reads into is allocated.
func parseReference(value []byte) (r Reference, err error) {
	if err := json.Unmarshal(value, &r); err != nil {
		return r, &Error{Code: CodeFormat, Err: fmt.Errorf("it cannot be read")} // the text of err may hold some of it
	}
	sum, err := hex.DecodeString(r.SHA256)
	_, _, key := splitKey(r.Key)
	switch {
	case r.Version != version:
		return r, &Error{Code: CodeFormat, Err: fmt.Errorf("it is of version %d, and %d is known; update this reader", r.Version, version)}
	case err != nil || len(sum) != len(Sum{}) || r.Size < 0 || !key:
		return r, &Error{Code: CodeFormat, Err: fmt.Errorf("key, size or sha256 are not such")}
	}
	return r, nil
}

const (
	// nobody is the part of a key where there is no tenant. No tenant is called so.
	nobody = "-"
	// claim begins the last part of a key.
	claim = "claim-"
)

// id is what no two objects share.
type id [16]byte

// Sum is a SHA-256 (FIPS 180-4).
type Sum [32]byte

// newKey is random: what a key names is written once, and who has not seen it cannot name it.
func newKey(topic bus.Topic, tenant request.Tenant) string {
	var own id
	_, _ = rand.Read(own[:]) // it never fails
	if tenant == "" {
		tenant = nobody
	}
	return prefix(topic) + string(tenant) + "/" + claim + hex.EncodeToString(own[:])
}

// prefix is how the keys of a topic begin.
func prefix(topic bus.Topic) string { return string(topic) + "/" }

// splitKey is the other way. It is false for what newKey has not made.
func splitKey(key string) (topic bus.Topic, tenant request.Tenant, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" { //nolint:mnd // see Reference.Key
		return "", "", false
	}
	if _, found := keyID(key); !found {
		return "", "", false
	}
	if parts[1] == nobody {
		parts[1] = ""
	}
	return bus.Topic(parts[0]), request.Tenant(parts[1]), true
}

// keyID is the id at the end of a key.
func keyID(key string) (own id, ok bool) {
	_, digits, found := strings.Cut(key[strings.LastIndexByte(key, '/')+1:], claim)
	if !found || len(digits) != hex.EncodedLen(len(own)) {
		return own, false
	}
	_, err := hex.Decode(own[:], []byte(digits))
	return own, err == nil && strings.ToLower(digits) == digits
}

// ids calls found for all that looks like the id of an object, wherever it stands: in a reference, or in whatever holds one as text.
func ids(text []byte, found func(id)) {
	const digits = 2 * len(id{})
	for {
		at := bytes.Index(text, []byte(claim))
		if at < 0 {
			return
		}
		text = text[at+len(claim):]
		if len(text) < digits {
			return
		}
		var own id
		if _, err := hex.Decode(own[:], text[:digits]); err == nil {
			found(own)
		}
	}
}
