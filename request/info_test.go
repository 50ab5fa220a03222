package request_test

import (
	"errors"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/request"
)

// The limits are checked by hand, since they are checked for every event, and are those of the patterns in the errors.
func TestValidateMatchesPatterns(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]struct {
		pattern *regexp.Regexp
		with    func(string) request.Info
	}{
		"tenant": {
			regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$`),
			func(text string) request.Info { return request.Info{Tenant: request.Tenant(text)} },
		},
		"principal": {
			regexp.MustCompile(`^[\x21-\x7e]{1,256}$`),
			func(text string) request.Info { return request.Info{Principal: request.Principal(text)} },
		},
		"session": {regexp.MustCompile(`^[\x21-\x7e]{1,128}$`), func(text string) request.Info { return request.Info{Session: text} }},
		"id":      {regexp.MustCompile(`^[\x21-\x7e]{1,128}$`), func(text string) request.Info { return request.Info{ID: text} }},
		"locale":  {regexp.MustCompile(`^[a-zA-Z0-9-]{2,35}$`), func(text string) request.Info { return request.Info{Locale: text} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				text := rapid.OneOf(
					rapid.StringMatching(`[a-zA-Z0-9_-]{0,66}`), rapid.StringMatching(`[\x21-\x7e]{0,258}`), rapid.String(),
				).Draw(t, "text")
				err := limit.with(text).Validate()
				if valid := text == "" || limit.pattern.MatchString(text); valid != (err == nil) || err != nil &&
					!errors.Is(err, request.ErrInvalid) {
					t.Fatalf("%q: %v", text, err)
				}
			})
		})
	}
}
