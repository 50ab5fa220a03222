package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/dunglas/httpsfv"
)

// idempotencyKey reads the one key, a string of structured fields or bare.
func idempotencyKey(given []string) (string, error) {
	if len(given) != 1 {
		return "", badKey()
	}
	key := strings.TrimSpace(given[0])
	if strings.HasPrefix(key, `"`) {
		item, err := httpsfv.UnmarshalItem(given)
		text, is := item.Value.(string)
		if err != nil || !is {
			return "", badKey()
		}
		key = text
	}
	if key == "" || len(key) > maxIdempotencyKey || strings.ContainsFunc(key, func(c rune) bool { return c < '!' || c > '~' || c == '"' }) {
		return "", badKey()
	}
	return key, nil
}

func badKey() *Problem {
	return &Problem{Status: http.StatusBadRequest, Detail: `give one Idempotency-Key of 1 to 255 visible characters, such as a UUID, in quotes: "…"`}
}

// fingerprint is the same for requests that ask for the same. It reads the body, and puts a copy in its place.
func (i *idempotency) fingerprint(r *http.Request) (string, error) {
	var body []byte
	if r.Body != nil && r.Body != http.NoBody {
		var err error
		body, err = io.ReadAll(io.LimitReader(r.Body, i.body+1))
		if large, is := errors.AsType[*http.MaxBytesError](err); is {
			return "", large
		} else if err != nil {
			return "", &Problem{Status: http.StatusBadRequest, Detail: "the body could not be read"}
		}
		if int64(len(body)) > i.body {
			return "", tooLarge(i.body)
		}
		r.Body = again(body)
	}
	return digest([]byte(r.Method), []byte(r.URL.RequestURI()), []byte(r.Header.Get("Content-Type")), body), nil
}

func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		_, _ = h.Write(part)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
