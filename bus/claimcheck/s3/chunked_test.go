package s3_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestNoLength has a server, or a proxy, that does not tell how large an object is.
func TestNoLength(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"x"`)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "payload")
	}))
	defer server.Close()
	store := open(t, "s3://key:secret@"+server.Listener.Addr().String()+"/bucket?region=us-east-1&tls=false&path=true")
	for limit, want := range map[int64]string{100: "payload", 3: "pay"} {
		if data, err := store.Get(t.Context(), "key", limit); err != nil || string(data) != want {
			t.Errorf("of %d: %q, %v", limit, data, err)
		}
	}
}
