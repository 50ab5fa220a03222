package httpapi

import (
	"net/http"

	"github.com/millrace/millrace/request"
)

// HeaderRequestID names the request, in both directions.
const HeaderRequestID = "X-Request-Id"

// RequestID gives each request an id: that of its header where it is valid, as request.Info says, and a new one otherwise. It is in the context, in
// the answer's header and in problems.
func RequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := request.From(r.Context())
		info.ID = ""
		if given := r.Header[HeaderRequestID]; len(given) == 1 && (request.Info{ID: given[0]}).Validate() == nil {
			info.ID = given[0]
		}
		if info.ID == "" {
			info.ID = request.NewID()
		}
		watched := watch(w)
		w.Header()[HeaderRequestID] = []string{info.ID}
		next.ServeHTTP(watched, watched.carry(request.With(r.Context(), info), r))
	})
}
