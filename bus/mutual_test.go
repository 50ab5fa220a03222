package bus_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/authority"
)

// TestMutualTLS asks the client for a certificate, which is read anew for each connection.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	ours, err := authority.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	others, err := authority.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	issue := func(a *authority.Authority, name string) authority.Pair {
		pair, err := a.Issue(name, "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	server, client, stranger := issue(ours, "server"), issue(ours, "client"), issue(others, "stranger")
	cert, err := tls.LoadX509KeyPair(server.Cert, server.Key)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(ours.File())
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	at := secured(t, kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: trusted, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
	}))
	address := "kafkas://" + at + "?ca=" + ours.File()
	with := func(p authority.Pair) string { return address + "&cert=" + p.Cert + "&key=" + p.Key }
	b, err := bus.Open(t.Context(), with(client))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	for name, refused := range map[string]string{"none": address, "of another authority": with(stranger)} {
		if b, err := bus.Open(t.Context(), refused); !errors.Is(err, bus.ErrDenied) {
			t.Errorf("a certificate %s: %v", name, err)
			if b != nil {
				_ = b.Close()
			}
		}
	}
	for from, to := range map[string]string{stranger.Cert: client.Cert, stranger.Key: client.Key} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := bus.Open(t.Context(), with(client)); !errors.Is(err, bus.ErrDenied) {
		t.Errorf("the old certificate was used: %v", err)
		if b != nil {
			_ = b.Close()
		}
	}
}
