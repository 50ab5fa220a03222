package httpapi

import (
	"net/http"

	"github.com/millrace/millrace/request"
)

// Place says in the context on which shard the request falls, by its key: request.From has it. where is the application's, for it knows keys and the
// partition group; false is for a request that falls on none.
func Place(where func(*http.Request) (request.Shard, bool)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			shard, has := where(r)
			if !has {
				next.ServeHTTP(w, r)
				return
			}
			info := request.From(r.Context())
			info.Shard = shard
			watched := watch(w)
			next.ServeHTTP(watched, watched.carry(request.With(r.Context(), info), r))
		})
	}
}
