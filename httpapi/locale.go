package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

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
	l := &locales{names: names, matcher: language.NewMatcher(slices.Clone(supported)), known: make(map[string]string)}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			header["Vary"] = append(header["Vary"], "Accept-Language")
			info := request.From(r.Context())
			info.Locale = l.best(strings.Join(r.Header["Accept-Language"], ","))
			watched := watch(w)
			next.ServeHTTP(watched, watched.carry(request.With(r.Context(), info), r))
		})
	}, nil
}

// maxKnown is how many fields are remembered, with what fits them best: browsers send few, and others may send any.
const maxKnown = 1000

type locales struct {
	names   []string
	matcher language.Matcher

	mu    sync.RWMutex
	known map[string]string
}

func (l *locales) best(accepted string) string {
	if accepted == "" || len(accepted) > maxAcceptLanguage {
		return l.names[0]
	}
	l.mu.RLock()
	name, known := l.known[accepted]
	l.mu.RUnlock()
	if known {
		return name
	}
	_, at := language.MatchStrings(l.matcher, accepted)
	name = l.names[at]
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.known) < maxKnown {
		l.known[accepted] = name
	}
	return name
}
