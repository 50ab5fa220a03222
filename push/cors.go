package push

import "net/http"

// preflight lets pages of [Origins] read answers, as the Fetch standard's CORS protocol says, and answers a browser that asks whether they may.
func (h *Hub) preflight(w http.ResponseWriter, r *http.Request, method string) (answered bool) {
	origin := r.Header.Get("Origin")
	if origin == "" || !h.welcome(r) {
		return false
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Allow-Credentials", "true")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Set("Access-Control-Allow-Methods", method)
	header.Set("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Last-Event-ID")
	header.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
