package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	validity  = 24 * time.Hour
	serialLen = 64
)

// Authority signs certificates. Its files lie in a directory of its own choice.
type Authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Pair are the files of a certificate and its key, PEM, and one that holds both.
type Pair struct{ Cert, Key, Both string }

// New makes an authority that keeps its files in dir.
func New(dir string) (*Authority, error) {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	a := &Authority{dir: dir}
	der, key, err := a.sign(template)
	if err != nil {
		return nil, err
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	a.key = key
	return a, a.write("ca.pem", block("CERTIFICATE", der))
}

// File is the authority's own certificate, PEM.
func (a *Authority) File() string { return filepath.Join(a.dir, "ca.pem") }

// Issue makes a certificate for a server or client of that name, reached at the host.
func (a *Authority) Issue(name, host string) (Pair, error) {
	template := &x509.Certificate{
		Subject:  pkix.Name{CommonName: name},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, key, err := a.sign(template)
	if err != nil {
		return Pair{}, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("authority: %w", err)
	}
	cert, private := block("CERTIFICATE", der), block("PRIVATE KEY", secret)
	for file, content := range map[string][]byte{name + ".crt": cert, name + ".key": private, name + ".pem": append(private, cert...)} {
		if err := a.write(file, content); err != nil {
			return Pair{}, err
		}
	}
	at := filepath.Join(a.dir, name)
	return Pair{Cert: at + ".crt", Key: at + ".key", Both: at + ".pem"}, nil
}

// sign makes a key and its certificate, which signs itself where there is no authority yet.
func (a *Authority) sign(template *x509.Certificate) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("authority: %w", err)
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialLen)); err != nil {
		return nil, nil, fmt.Errorf("authority: %w", err)
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(validity)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, nil, fmt.Errorf("authority: %w", err)
	}
	return der, key, nil
}

func (a *Authority) write(name string, content []byte) error {
	if err := os.WriteFile(filepath.Join(a.dir, name), content, 0o600); err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	return nil
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
