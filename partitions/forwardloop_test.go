//go:build synctests

package partitions_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/partitions"
)

// TestForwardLoop lets an owner advertise the address of the node that asks it: what that sends on comes back to itself, and is refused at
// once, since it was signed for another node.
func TestForwardLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		one := w.serve(t, "one", "127.0.0.1:81", secret)
		defer one.server.Close()
		b := w.open()
		defer b.Close()
		two, balance, err := w.ledger(b, "two", partitions.Advertise("127.0.0.1:81"), partitions.PeerSecret(secret))
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, two)
		<-time.After(15 * time.Second)
		key := account(t, one.group, false)
		transport := &http.Transport{DialContext: w.dial}
		defer transport.CloseIdleConnections()
		began := time.Now()
		response, err := (&http.Client{Transport: transport}).Post("http://127.0.0.1:81/add?account="+key, "text/plain", strings.NewReader("xyz"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if took := time.Since(began); response.StatusCode != http.StatusForbidden || took > time.Second || one.sent.Load() != 0 {
			t.Errorf("after %s: %s, and %d were taken from a peer", took, response.Status, one.sent.Load())
		}
		if err := two.View(t.Context(), key, func(v *partitions.View) error {
			if n, found := balance.Get(v, key); found {
				t.Errorf("it was served: %d", n)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		stop()
		one.stop()
	})
}
