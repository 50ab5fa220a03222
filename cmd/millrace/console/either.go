package console

import (
	"net/http"
	"strings"

	"github.com/millrace/millrace/httpapi"
)

// Either asks people about JSON Web Tokens, which have two dots, and tokens about others, which have none.
func Either(people httpapi.Authenticator, tokens *Tokens) httpapi.Authenticator {
	return either{people, tokens}
}

type either struct {
	people httpapi.Authenticator
	tokens *Tokens
}

func (e either) Authenticate(r *http.Request) (httpapi.Identity, error) {
	if strings.Count(r.Header.Get("Authorization"), ".") == 2 { //nolint:mnd // as RFC 7519 has it
		return e.people.Authenticate(r)
	}
	return e.tokens.Authenticate(r)
}
