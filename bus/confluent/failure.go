package confluent

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

const textLimit = 500

// missing says whether the registry does not have what was asked for.
func missing(err error) bool {
	answer, ok := errors.AsType[*sr.ResponseError](err)
	return ok && answer.StatusCode == http.StatusNotFound
}

// failure says what a failed request means. Without an answer, and with one that passes, it is transient.
func failure(what string, err error) error {
	answer, ok := errors.AsType[*sr.ResponseError](err)
	switch {
	case !ok:
		return resilience.Transient(fmt.Errorf("confluent: %s: %w", what, err))
	case answer.StatusCode == http.StatusNotFound:
		return resilience.Permanent(fmt.Errorf("%w: confluent: %s: %s", bus.ErrNoSchema, what, brief(answer.Error())))
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
		return resilience.Permanent(fmt.Errorf("%w: confluent: %s: %s", bus.ErrDenied, what, brief(answer.Error())))
	case answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= http.StatusInternalServerError:
		return resilience.Transient(fmt.Errorf("confluent: %s: status %d: %s", what, answer.StatusCode, brief(answer.Error())))
	}
	return resilience.Permanent(fmt.Errorf("confluent: %s: status %d: %s", what, answer.StatusCode, brief(answer.Error())))
}

// brief bounds what a server said.
func brief(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > textLimit {
		text = strings.ToValidUTF8(text[:textLimit], "") + "…"
	}
	return text
}
