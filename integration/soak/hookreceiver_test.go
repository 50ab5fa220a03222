package soak_test

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
)

// hookReceiver is who gets webhooks: it verifies them, and fails and dawdles at random.
type hookReceiver struct {
	server *httptest.Server
	oracle *hookOracle

	mu     sync.Mutex
	chance *rand.Rand
	keys   map[string]*webhooks.Verifier
}

const hookDawdle = 300 * time.Millisecond

func newHookReceiver(o *hookOracle, seed uint64) *hookReceiver {
	r := &hookReceiver{oracle: o, chance: rand.New(rand.NewPCG(seed, 17)), keys: make(map[string]*webhooks.Verifier)}
	r.server = httptest.NewServer(r)
	return r
}

func (r *hookReceiver) address() string { return r.server.Listener.Addr().String() }

// admit takes the webhooks of an endpoint.
func (r *hookReceiver) admit(id string, ordered bool, key webhooks.Key) error {
	v, err := webhooks.NewVerifier([]string{key.Reveal()})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[id] = v
	r.oracle.endpoint(id, ordered)
	return nil
}

// mood is what the receiver knows of an endpoint, and how it feels now.
func (r *hookReceiver) mood(id string) (v *webhooks.Verifier, fails bool, dawdles time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.chance.IntN(10) == 0 {
		dawdles = time.Duration(r.chance.Int64N(int64(hookDawdle)))
	}
	return r.keys[id], r.chance.IntN(10) == 0, dawdles
}

func (r *hookReceiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	id := strings.TrimPrefix(req.URL.Path, "/")
	v, fails, dawdles := r.mood(id)
	if v == nil {
		return // nobody knows its key
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the sender has gone, and will come again
	}
	got, err := v.Verify(req.Header, body)
	var said struct {
		Type string `json:"type"`
		Data string `json:"data"`
	}
	if err == nil {
		err = json.Unmarshal(body, &said)
	}
	if err != nil || said.Type != hookType || said.Data != got.ID {
		r.oracle.breaks("%s got %q as %+v: %v", id, body, got, err)
	}
	r.oracle.came(id, got.ID)
	select {
	case <-time.After(dawdles):
	case <-req.Context().Done():
	}
	if fails {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	r.oracle.answered(id, got.ID)
	w.WriteHeader(http.StatusNoContent)
}
