package hooks

import (
	"errors"
	"net"
	"testing"

	"github.com/millrace/millrace/jobs/webhooks"
)

// TestOtherPort connects to the receiver, and to nothing else on its address.
func TestOtherPort(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	g, err := guard("http://" + listener.Addr().String() + "/hooks/receiver")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := g.DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if _, err := g.DialContext(t.Context(), "tcp", "127.0.0.1:443"); !errors.Is(err, webhooks.ErrTarget) {
		t.Errorf("another port: %v", err)
	}
	for _, receiver := range []string{"https://127.0.0.1:1/", "http://localhost:1/", "http://127.0.0.1/", "\x00"} {
		if _, err := guard(receiver); err == nil {
			t.Errorf("%q is taken for a receiver", receiver)
		}
	}
}
