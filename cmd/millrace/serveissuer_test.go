package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/internal/pgtest"
)

// TestServeIssuer serves a console to those to whom an identity provider gives tokens, beside one who has a token of a file.
func TestServeIssuer(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString
	login := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := map[string]any{"issuer": "http://" + r.Host, "jwks_uri": "http://" + r.Host + "/keys"}
		if r.URL.Path == "/keys" {
			said = map[string]any{"keys": []map[string]any{
				{"kid": "1", "kty": "EC", "crv": "P-256", "use": "sig", "x": text(point[1:33]), "y": text(point[33:])},
			}}
		}
		_ = json.NewEncoder(w).Encode(said)
	}))
	defer login.Close()
	token := func(audience string, tenant any, roles ...string) string {
		token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
			"sub": "4711", "email": "ann@shop.example", "iss": login.URL, "aud": audience, "exp": time.Now().Add(time.Hour).Unix(), "org": tenant,
			"realm_access": map[string]any{"roles": roles},
		})
		token.Header["kid"] = "1"
		signed, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	line, secret, code := command(t, "", "console", "token", "olga", "--all-tenants")
	file := filepath.Join(t.TempDir(), "console.tokens")
	if err := os.WriteFile(file, []byte(line), 0o600); err != nil || code != 0 {
		t.Fatal(err, code)
	}
	kafka, database := bustest.Broker(t), pgtest.Open(t)
	pod, at := servePod(t, kafka, database, "--console-tokens", file, "--console-issuer", login.URL, "--console-audience", "console",
		"--console-principal-claim", "email", "--console-tenant-claim", "org", "--console-roles-claim", "realm_access.roles",
		"--console-viewer-role", "shop-viewer", "--console-operator-role", "shop-operator", "--console-all-tenants-role", "shop-all")
	viewer := token("console", nil, "shop-viewer", "shop-all")
	for i, test := range []struct {
		method, path, token string
		want                int
	}{
		{"GET", "/console/api/health", "", http.StatusUnauthorized},
		{"GET", "/console/api/health", strings.TrimSpace(secret[strings.LastIndex(secret, " ")+1:]), http.StatusOK},
		{"GET", "/console/api/health", viewer, http.StatusOK},
		{"GET", "/console/api/health", token("shop", nil, "shop-viewer", "shop-all"), http.StatusUnauthorized},
		{"GET", "/console/api/health", viewer + "x", http.StatusUnauthorized},
		{"GET", "/console/api/health", token("console", nil, "viewer", "operator", "all-tenants"), http.StatusForbidden}, // roles of other names
		{"GET", "/console/api/health", token("console", nil, "shop-viewer"), http.StatusForbidden},                       // of no tenant
		{"GET", "/console/api/health", token("console", "acme", "shop-viewer", "shop-all"), http.StatusForbidden},        // no tenant's
		{"GET", "/console/api/jobs", token("console", "acme", "shop-viewer"), http.StatusOK},
		{"POST", "/console/api/dead-letters/x/redrive", viewer, http.StatusForbidden},
		{"POST", "/console/api/dead-letters/x/redrive", token("console", nil, "shop-operator", "shop-all"), http.StatusNotFound},
	} {
		if got := statusOf(t, test.method, at+test.path, test.token); got != test.want {
			t.Errorf("%d: %s %s: %d, want %d", i, test.method, test.path, got, test.want)
		}
	}
	if err := pod.signal(t, syscall.SIGTERM); err != nil || strings.Contains(pod.output(), "level=ERROR") || strings.Contains(pod.output(), viewer) {
		t.Errorf("%v\n%s", err, pod.output())
	}
	for _, args := range [][]string{
		{"--console-issuer", login.URL},
		{"--console-audience", "console"},
		{"--console-keys", login.URL + "/keys"},
		{"--console-issuer", "http://login.example", "--console-audience", "console"},
		{"--console-issuer", login.URL, "--console-audience", "console", "--console-viewer-role", "operator"},
	} {
		args = append([]string{"serve", "--kafka", kafka, "--database", database, "--http", "127.0.0.1:0"}, args...)
		if _, errs, code := command(t, "", args...); code != 2 || !strings.Contains(errs, "--console-") {
			t.Errorf("%q: %d %s", args, code, errs)
		}
	}
}
