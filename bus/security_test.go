package bus_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
)

func secured(t *testing.T, opts ...kfake.Opt) string {
	t.Helper()
	cluster, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster.ListenAddrs()[0]
}

func TestSASL(t *testing.T) {
	t.Parallel()
	at := secured(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "ada", "right?@:"), kfake.Superuser("SCRAM-SHA-256", "bob", "right"))
	for address, ok := range map[string]bool{
		"kafka://ada:right%3F%40%3A@" + at:                true,
		"kafka://ada:right%3F@:@" + at:                    true,
		"kafka://bob:right@" + at + "?sasl=scram-sha-256": true,
		"kafka://ada:hunter2@" + at:                       false,
	} {
		b, err := bus.Open(t.Context(), address)
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && (!errors.Is(err, bus.ErrDenied) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%v", err)
		}
		if b != nil {
			_ = b.Close()
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	at := secured(t, kfake.TLS(&tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12}))
	b, err := bus.Open(t.Context(), "kafkas://"+at+"?ca="+ca)
	if err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	if b, err := bus.Open(t.Context(), "kafkas://"+at); err == nil {
		_ = b.Close()
		t.Error("an unknown certificate authority was trusted")
	}
}

func TestAddressMistakes(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"http://h", "kafka://", "kafka://h?tsl=true", "kafka://u:hunter2@h?sasl=plain", "kafka://h?sasl=scram-sha-512",
		"kafka://u:hunter2@h?sasl=magic", "kafka://h?ca=/x", "kafkas://h?cert=/x", "kafkas://h?ca=/does/not/exist",
		"kafka://h?sasl=oauthbearer&token_file=/x", "kafka://u:hunter%2@h", "kafka://alice:hunter2?2@h x", "kafka://ada:hunter2?%40:@h",
	} {
		b, err := bus.Open(t.Context(), address)
		if !errors.Is(err, bus.ErrAddress) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", address, err)
		}
		if b != nil {
			_ = b.Close()
		}
	}
}

func TestDecodeErrorHoldsNoPayload(t *testing.T) {
	t.Parallel()
	type card struct {
		Number string    `json:"number"`
		Until  time.Time `json:"until"`
	}
	event := bus.Define("shop.card.added", func(c card) string { return c.Number })
	for _, value := range []string{`{"number":4711}`, `{"until":"4711-secret"}`, `{"number":"4711"`, `{"number":"4711"} 4711`, ``} {
		_, err := event.Decode(bus.Record{Value: []byte(value)})
		if !errors.Is(err, bus.ErrDecode) || strings.Contains(err.Error(), "4711") {
			t.Errorf("%s: %v", value, err)
		}
	}
}
