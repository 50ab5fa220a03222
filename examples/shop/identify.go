package shop

import (
	"net/http"

	"github.com/millrace/millrace/request"
)

// identify gives every request an id, the client's own where that is a valid one. The answer carries it, the log names
// it, and it goes with the event through the outbox. Tenant and principal are not taken: a browser may claim any.
func identify(next http.Handler) http.Handler {
	header := request.HTTP().ID
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := request.Info{ID: r.Header.Get(header)}
		if info.ID == "" || info.Validate() != nil {
			info.ID = request.NewID()
		}
		w.Header().Set(header, info.ID)
		next.ServeHTTP(w, r.WithContext(request.With(r.Context(), info)))
	})
}
