package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"golang.org/x/text/language"

	"github.com/millrace/millrace/request"
)

// maxAcceptLanguage is how many bytes of Accept-Language are read: each language of it is looked for.
const maxAcceptLanguage = 1024

// Locale says in the context in which language an answer is wanted: request.From has that of the supported ones that fits Accept-Language (RFC 9110,
// section 12.5.4) best, as BCP 47 says; the first one where none does, or nothing is said, or in more than 1024 bytes. Answers say that they vary by
// it.
func Locale(supported ...language.Tag) (func(http.Handler) http.Handler, error) {
	if len(supported) == 0 {
		return nil, errors.New("httpapi: locale: at least one language must be supported")
	}
	names := make([]string, len(supported))
	for i, tag := range supported {
		names[i] = tag.String()
		if err := (request.Info{Locale: names[i]}).Validate(); err != nil || names[i] == "" {
			return nil, fmt.Errorf("httpapi: locale: the language %q: %w", names[i], err)
		}
	}
	matcher := language.NewMatcher(slices.Clone(supported))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			header["Vary"] = append(header["Vary"], "Accept-Language")
			info := request.From(r.Context())
			info.Locale = names[0]
			bytes := 0
			for _, value := range r.Header["Accept-Language"] {
				bytes += len(value)
			}
			if bytes > 0 && bytes <= maxAcceptLanguage {
				_, best := language.MatchStrings(matcher, r.Header["Accept-Language"]...)
				info.Locale = names[best]
			}
			next.ServeHTTP(w, r.WithContext(request.With(r.Context(), info)))
		})
	}, nil
}
