package bearer_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/bearer"
	"github.com/millrace/millrace/push/tokens"
	"github.com/millrace/millrace/request"
)

func newVerifier(t *testing.T) *tokens.Verifier {
	t.Helper()
	v, err := tokens.New([]tokens.Key{tokens.Secret("", []byte(strings.Repeat("s", 32)))}, tokens.Audience("shop"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sign(t *testing.T, secret string, claims jwt.MapClaims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(strings.Repeat(secret, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func ask(t *testing.T, a httpapi.Authenticator, header ...string) (httpapi.Identity, error) {
	t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	for _, value := range header {
		r.Header.Add("Authorization", value)
	}
	return a.Authenticate(r)
}

// organisation are claims as another issuer has them.
type organisation struct {
	bearer.Standard

	Org request.Tenant `json:"org_id"`
}

func (o organisation) Identity() httpapi.Identity {
	return httpapi.Identity{Principal: request.Principal(o.Subject), Tenant: o.Org}
}

func TestGoodToken(t *testing.T) {
	t.Parallel()
	token := sign(t, "s", jwt.MapClaims{
		"sub": "ann", "aud": "shop", "exp": time.Now().Add(time.Minute).Unix(), "tenant": "acme", "roles": []string{"admin", "clerk"},
		"org_id": "other", "sid": "s1",
	})
	standard, err := bearer.New[bearer.Standard](newVerifier(t))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ask(t, standard, "bearer "+token); err != nil || fmt.Sprint(got) != "{ann acme [admin clerk] s1}" {
		t.Errorf("%v %v", got, err)
	}
	own, err := bearer.New[organisation](newVerifier(t))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ask(t, own, "Bearer "+token); err != nil || fmt.Sprint(got) != "{ann other [] }" {
		t.Errorf("%v %v", got, err)
	}
}

func TestBadTokens(t *testing.T) {
	t.Parallel()
	a, err := bearer.New[bearer.Standard](newVerifier(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, a); !errors.Is(err, httpapi.ErrAnonymous) {
		t.Error(err)
	}
	soon := time.Now().Add(time.Minute).Unix()
	good := sign(t, "s", jwt.MapClaims{"sub": "ann", "aud": "shop", "exp": soon})
	for name, headers := range map[string][]string{
		"empty": {""}, "no token": {"Bearer"}, "another scheme": {"Basic YTpi"}, "two": {"Bearer " + good, "Bearer " + good},
		"another secret":   {"Bearer " + sign(t, "x", jwt.MapClaims{"sub": "confidential", "aud": "shop", "exp": soon})},
		"another audience": {"Bearer " + sign(t, "s", jwt.MapClaims{"sub": "confidential", "aud": "x", "exp": soon})},
		"expired":          {"Bearer " + sign(t, "s", jwt.MapClaims{"sub": "confidential", "aud": "shop", "exp": int64(1)})},
	} {
		_, err := ask(t, a, headers...)
		problem, is := errors.AsType[*httpapi.Problem](err)
		if !is || problem.Status != 401 || !strings.HasPrefix(problem.Header.Get("WWW-Authenticate"), "Bearer error=") ||
			strings.Contains(err.Error(), "confidential") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
