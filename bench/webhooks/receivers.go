package webhooks

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"time"
)

// receivers are those of all endpoints, in this process.
type receivers struct {
	server *httptest.Server
	port   uint16

	mu   sync.Mutex
	took []time.Duration
}

func newReceivers() *receivers {
	r := &receivers{}
	r.server = httptest.NewServer(r)
	r.port = netip.MustParseAddrPort(r.server.Listener.Addr().String()).Port()
	return r
}

func (r *receivers) close() {
	r.server.CloseClientConnections()
	r.server.Close()
}

func (r *receivers) url(kind string) string { return r.server.URL + "/" + kind }

func (r *receivers) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	switch request.URL.Path {
	case "/hangs":
		_, _ = io.Copy(io.Discard, request.Body) // so that the server sees who leaves
		<-request.Context().Done()
	case "/fails":
		w.WriteHeader(http.StatusInternalServerError)
	default:
		arrived := time.Now()
		var body struct {
			Data int64 `json:"data"`
		}
		if err := json.NewDecoder(request.Body).Decode(&body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		r.mu.Lock()
		r.took = append(r.took, arrived.Sub(time.Unix(0, body.Data)))
		r.mu.Unlock()
	}
}

// take is how long deliveries took since it was asked last.
func (r *receivers) take() []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	took := r.took
	r.took = nil
	return took
}
