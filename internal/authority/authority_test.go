package authority_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/millrace/millrace/internal/authority"
)

func TestIssue(t *testing.T) {
	t.Parallel()
	a, err := authority.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(a.File())
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	pair, err := a.Issue("ada", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.TLS.PeerCertificates[0].Subject.CommonName)) // the status is enough
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: trusted, ClientAuth: tls.RequireAndVerifyClientCert}
	server.StartTLS()
	defer server.Close()
	for _, with := range []bool{true, false} {
		config := &tls.Config{RootCAs: trusted}
		if with {
			config.Certificates = []tls.Certificate{cert}
		}
		transport := &http.Transport{TLSClientConfig: config}
		response, err := (&http.Client{Transport: transport}).Get(server.URL)
		if (err == nil) != with {
			t.Errorf("with a certificate %v: %v", with, err)
		}
		if err == nil {
			_ = response.Body.Close()
		}
		transport.CloseIdleConnections()
	}
}
