package tokens_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/push/tokens"
)

var secret = []byte(strings.Repeat("s", 32))

func sign(t *testing.T, method jwt.SigningMethod, id string, key any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if id != "" {
		token.Header["kid"] = id
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func soon() int64 { return time.Now().Add(time.Minute).Unix() }

func TestGrants(t *testing.T) {
	t.Parallel()
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	v, err := tokens.New([]tokens.Key{
		tokens.Secret("", secret), tokens.Public("r", &own.PublicKey), tokens.Public("e", &curve.PublicKey), tokens.Public("d", public),
	}, tokens.Issuer("login"), tokens.Audience("push"))
	if err != nil {
		t.Fatal(err)
	}
	until := soon()
	claims := jwt.MapClaims{
		"sub": "ann", "tenant": "acme", "jti": "7", "roles": []string{"clerk", "admin"}, "sid": "s1", "exp": until, "iss": "login",
		"aud":  []string{"push", "x"},
		"push": map[string][]string{"subscribe": {"orders", "chat/*"}, "publish": {"chat/lobby"}},
	}
	want := push.Grant{
		Tenant: "acme", Principal: "ann", Roles: "admin,clerk", Session: "s1", ID: "7", Expires: time.Unix(until, 0),
		Subscribe: []string{"orders", "chat/*"}, Publish: []string{"chat/lobby"},
	}
	for name, token := range map[string]string{
		"HS256": sign(t, jwt.SigningMethodHS256, "", secret, claims), "RS256": sign(t, jwt.SigningMethodRS256, "r", own, claims),
		"ES256": sign(t, jwt.SigningMethodES256, "e", curve, claims), "EdDSA": sign(t, jwt.SigningMethodEdDSA, "d", private, claims),
	} {
		if got, err := v.Verify(t.Context(), token); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&own.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := tokens.New([]tokens.Key{tokens.Secret("s", secret), tokens.Public("r", &own.PublicKey)}, tokens.Issuer("login"),
		tokens.Audience("push"))
	if err != nil {
		t.Fatal(err)
	}
	with := func(changes jwt.MapClaims) jwt.MapClaims {
		claims := jwt.MapClaims{"exp": soon(), "iss": "login", "aud": "push"}
		for name, value := range changes {
			if value == nil {
				delete(claims, name)
			} else {
				claims[name] = value
			}
		}
		return claims
	}
	good := sign(t, jwt.SigningMethodHS256, "s", secret, with(nil))
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"none":                    "",
		"no token":                "a.b.c",
		"another secret":          sign(t, jwt.SigningMethodHS256, "s", []byte(strings.Repeat("x", 32)), with(nil)),
		"another key's id":        sign(t, jwt.SigningMethodHS256, "r", secret, with(nil)),
		"the public key as one":   sign(t, jwt.SigningMethodHS256, "r", der, with(nil)),
		"another algorithm":       sign(t, jwt.SigningMethodHS512, "s", secret, with(nil)),
		"no algorithm":            sign(t, jwt.SigningMethodNone, "s", jwt.UnsafeAllowNoneSignatureType, with(nil)),
		"an unknown key":          sign(t, jwt.SigningMethodHS256, "x", secret, with(nil)),
		"expired":                 sign(t, jwt.SigningMethodHS256, "s", secret, with(jwt.MapClaims{"exp": time.Now().Add(-time.Minute).Unix()})),
		"never expires":           sign(t, jwt.SigningMethodHS256, "s", secret, with(jwt.MapClaims{"exp": nil})),
		"not yet":                 sign(t, jwt.SigningMethodHS256, "s", secret, with(jwt.MapClaims{"nbf": soon()})),
		"another issuer":          sign(t, jwt.SigningMethodHS256, "s", secret, with(jwt.MapClaims{"iss": "x"})),
		"no issuer":               sign(t, jwt.SigningMethodHS256, "s", secret, with(jwt.MapClaims{"iss": nil})),
		"another audience":        sign(t, jwt.SigningMethodHS256, "s", secret, with(jwt.MapClaims{"aud": "x"})),
		"claims of another shape": sign(t, jwt.SigningMethodHS256, "s", secret, with(jwt.MapClaims{"push": "*"})),
		"changed":                 good[:len(good)/2] + "x" + good[len(good)/2+1:],
	} {
		_, err := v.Verify(t.Context(), token)
		if problem, ok := errors.AsType[*push.Problem](err); !ok || problem.Status != 401 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, keys := range map[string][]tokens.Key{
		"none": nil, "two": {tokens.Secret("a", secret), tokens.Secret("a", secret)}, "a short one": {tokens.Secret("a", secret[:31])},
		"no key": {tokens.Public("a", 1)},
	} {
		if _, err := tokens.New(keys); err == nil {
			t.Errorf("keys: %s: no error", name)
		}
	}
}

func TestErrorsTellNothing(t *testing.T) {
	t.Parallel()
	v, err := tokens.New([]tokens.Key{tokens.Secret("s", secret)})
	if err != nil {
		t.Fatal(err)
	}
	token := sign(t, jwt.SigningMethodHS256, "s", []byte(strings.Repeat("x", 32)), jwt.MapClaims{"exp": soon(), "sub": "confidential"})
	if _, err := v.Verify(t.Context(), token); err == nil || strings.Contains(err.Error(), token[:20]) ||
		strings.Contains(err.Error(), "confidential") {
		t.Error(err)
	}
}
