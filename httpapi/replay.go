package httpapi

import (
	"errors"
	"net/http"

	"github.com/millrace/millrace/seal"
)

// Unsigned answers, as a problem, a request that a [seal.ReplayGuard] does not let pass: seal.Refuse(errs.Unsigned). It is 401, 409 for what was
// seen before, 413 for a body that is too large, and 503 where nobody can say whether it was seen.
func (e *Errors) Unsigned(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, seal.ErrReplayed):
		(&Problem{Status: http.StatusConflict, Detail: "this signed request was received before; sign anew to repeat it"}).Write(w, r)
	case errors.Is(err, seal.ErrBody):
		(&Problem{Status: http.StatusRequestEntityTooLarge, Detail: "the body is too large to verify"}).Write(w, r)
	case errors.Is(err, seal.ErrStale):
		unsigned("the signature is too old or from the future; look at the clock").Write(w, r)
	case errors.Is(err, seal.ErrUnsigned):
		unsigned("the request is not signed as it must be").Write(w, r)
	default:
		e.log.ErrorContext(r.Context(), "httpapi: nobody can say whether a signed request was seen", e.about(r, "error", err)...)
		(&Problem{Status: http.StatusServiceUnavailable, Detail: "try again", Header: http.Header{"Retry-After": {"1"}}}).Write(w, r)
	}
}

func unsigned(detail string) *Problem {
	return &Problem{Status: http.StatusUnauthorized, Detail: detail, Header: http.Header{"Www-Authenticate": {"Signature"}}}
}
