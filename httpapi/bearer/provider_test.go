package bearer_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/httpapi/bearer"
)

func TestProvider(t *testing.T) {
	t.Parallel()
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signers := []signer{
		newSigner(t, "e"), {"r", jwt.SigningMethodRS256, own}, {"c", jwt.SigningMethodES512, curve}, {"d", jwt.SigningMethodEdDSA, edwards},
	}
	l := &login{}
	for _, s := range signers {
		l.keys = append(l.keys, s.jwk())
	}
	l.keys = append(l.keys, signer{"any", jwt.SigningMethodPS384, own}.jwk("alg", "", "use", ""))
	client, end := serve(t, l)
	defer end()
	named := newProvider(t, client, bearer.PrincipalClaim("preferred_username"), bearer.TenantClaim("org.name"),
		bearer.RolesClaim("realm_access.roles"),
		bearer.Role("ops", "operator"), bearer.Role("ops-lead", "operator"), bearer.Role("all", "all-tenants"))
	plain := newProvider(t, client)
	dotted := newProvider(t, client, bearer.RolesClaim("https://shop.example/roles"))
	for _, s := range append(signers, signer{"any", jwt.SigningMethodPS384, own}) {
		token := s.token(t, jwt.MapClaims{
			"aud": []string{"x", "console"}, "preferred_username": "ann@shop.example", "org": map[string]any{"name": "acme"}, "sid": "s1",
			"roles":                      "a b",
			"realm_access":               map[string]any{"roles": []string{"ops", "offline_access", "ops-lead"}},
			"https://shop.example/roles": []string{"c"},
		})
		for _, test := range []struct {
			by   *bearer.Provider
			want string
		}{{named, "{ann@shop.example acme [operator] s1}"}, {plain, "{ann  [a b] s1}"}, {dotted, "{ann  [c] s1}"}} {
			if got, err := ask(t, test.by, "Bearer "+token); err != nil || fmt.Sprint(got) != test.want {
				t.Errorf("%s: %v %v, want %s", s.id, got, err, test.want)
			}
		}
	}
	for name, claims := range map[string]jwt.MapClaims{
		"no principal":       {"preferred_username": nil},
		"a number":           {"preferred_username": 7},
		"tenant of a shape":  {"org": map[string]any{"name": []string{"acme"}}},
		"roles of a shape":   {"realm_access": map[string]any{"roles": map[string]any{"ops": true}}},
		"a role of a number": {"realm_access": map[string]any{"roles": []any{"ops", 7}}},
	} {
		all := jwt.MapClaims{"preferred_username": "ann"}
		maps.Copy(all, claims)
		if got := status(t, named, signers[0].token(t, all)); !strings.HasPrefix(got, "Unauthorized: the token") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got, err := ask(t, named, "Bearer "+signers[0].token(t,
		jwt.MapClaims{
			"preferred_username": "bob", "org": map[string]any{"name": nil},
			"realm_access": map[string]any{"roles": nil},
		})); err != nil || fmt.Sprint(got) != "{bob  [] }" {
		t.Errorf("who has neither tenant nor roles: %v %v", got, err)
	}
}

func TestForgeries(t *testing.T) {
	t.Parallel()
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good, stranger := newSigner(t, "k"), newSigner(t, "k")
	rs, other := signer{"r", jwt.SigningMethodRS256, own}, newSigner(t, "enc")
	weak := newSigner(t, "verifies-nothing")
	encrypting := weak.jwk()
	encrypting["key_ops"] = []string{"encrypt"}
	l := &login{keys: []map[string]any{
		good.jwk(), rs.jwk(), other.jwk("use", "enc"),
		{"kid": "s", "kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "alg": "HS256", "use": "sig"},
		encrypting,
		newSigner(t, "off").jwk("y", good.jwk()["y"].(string)),
	}}
	client, end := serve(t, l)
	defer end()
	p := newProvider(t, client)
	if got := status(t, p, good.token(t, nil)); got != "ann" {
		t.Fatal(got)
	}
	der, err := x509.MarshalPKIXPublicKey(&own.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	hmac := func(id string, secret []byte) string {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"sub": "ann", "iss": at, "aud": "console",
			"exp": time.Now().Add(time.Hour).Unix(),
		})
		token.Header["kid"] = id
		text, err := token.SignedString(secret)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	none := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{
		"sub": "ann", "iss": at, "aud": "console",
		"exp": time.Now().Add(time.Hour).Unix(),
	})
	unsigned, err := none.SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	critical := jwt.NewWithClaims(good.method, jwt.MapClaims{"sub": "ann", "iss": at, "aud": "console", "exp": time.Now().Add(time.Hour).Unix()})
	critical.Header["kid"], critical.Header["crit"] = "k", []string{"b64"}
	extended, err := critical.SignedString(good.key)
	if err != nil {
		t.Fatal(err)
	}
	const bad = "the token is not valid"
	for name, test := range map[string]struct{ token, want string }{
		"another's key of the same id":          {stranger.token(t, nil), bad},
		"the public key as a secret":            {hmac("r", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), bad},
		"its bytes as a secret":                 {hmac("r", der), bad},
		"a secret that the provider gives away": {hmac("s", []byte("secret-secret-secret-secret-secret")), bad},
		"no algorithm":                          {unsigned, bad},
		"another algorithm of the key":          {signer{"r", jwt.SigningMethodPS256, own}.token(t, nil), bad},
		"a key of another kind":                 {signer{"k", jwt.SigningMethodRS256, own}.token(t, nil), bad},
		"a key that encrypts":                   {other.token(t, nil), bad},
		"a key that does something else":        {weak.token(t, nil), bad},
		"an unknown key":                        {newSigner(t, "x").token(t, nil), bad},
		"no key's id among several":             {signer{"", good.method, good.key}.token(t, nil), bad},
		"an extension":                          {extended, bad},
		"another issuer":                        {good.token(t, jwt.MapClaims{"iss": at + "/"}), "the token is of another issuer"},
		"no issuer":                             {good.token(t, jwt.MapClaims{"iss": nil}), "the token lacks exp, iss or aud"},
		"another audience": {
			good.token(t, jwt.MapClaims{"aud": []string{"shop", "consoles"}}),
			"the token is for another audience",
		},
		"no audience":   {good.token(t, jwt.MapClaims{"aud": nil}), "the token lacks exp, iss or aud"},
		"expired":       {good.token(t, jwt.MapClaims{"exp": time.Now().Add(-time.Minute).Unix()}), "the token has expired"},
		"never expires": {good.token(t, jwt.MapClaims{"exp": nil}), "the token lacks exp, iss or aud"},
		"not valid yet": {
			good.token(t, jwt.MapClaims{"nbf": time.Now().Add(time.Minute).Unix()}),
			"the token is not valid yet",
		},
		"changed":         {strings.Replace(good.token(t, nil), ".", ".e", 1), bad},
		"no token":        {"confidential", bad},
		"a very long one": {strings.Repeat("a", 20_000), "the token is too long"},
	} {
		_, err := ask(t, p, "Bearer "+test.token)
		if got := status(t, p, test.token); got != "Unauthorized: "+test.want+": " || strings.Contains(fmt.Sprint(err), "confidential") {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
