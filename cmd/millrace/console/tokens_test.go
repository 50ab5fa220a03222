package console_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/millrace/millrace/cmd/millrace/console"
	"github.com/millrace/millrace/httpapi"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	ann, first, err := console.NewToken("ann", []string{"viewer", "operator", "all-tenants"}, "")
	if err != nil {
		t.Fatal(err)
	}
	bob, second, err := console.NewToken("bob", []string{"viewer"}, "acme")
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := console.ReadTokens(strings.NewReader("# who\n\n" + first + "\n  " + second + "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		headers []string
		want    string
	}{
		{[]string{"Bearer " + ann}, "{ann  [viewer operator all-tenants]}"},
		{[]string{"bearer " + bob}, "{bob acme [viewer]}"},
		{nil, "anonymous"},
		{[]string{"Bearer " + ann, "Bearer " + ann}, "401"},
		{[]string{"Bearer "}, "401"},
		{[]string{"Basic " + ann}, "401"},
		{[]string{"Bearer " + ann + "x"}, "401"},
		{[]string{"Bearer " + strings.Fields(first)[2]}, "401"}, // what is in the file opens nothing
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Header["Authorization"] = test.headers
		who, err := tokens.Authenticate(r)
		got := fmt.Sprintf("{%s %s %v}", who.Principal, who.Tenant, who.Roles)
		if problem, is := errors.AsType[*httpapi.Problem](err); is {
			got = fmt.Sprint(problem.Status)
		} else if errors.Is(err, httpapi.ErrAnonymous) {
			got = "anonymous"
		}
		if got != test.want {
			t.Errorf("%q: %s, want %s", test.headers, got, test.want)
		}
	}
	digest := strings.Fields(first)[2]
	for _, file := range []string{
		"", "# nobody", "ann viewer", "ann viewer " + digest + " acme more", "ann king,all-tenants " + digest, "ann viewer " + digest,
		"ann viewer,all-tenants " + digest + " acme", "ann viewer,all-tenants sha256:12", "ann viewer,all-tenants " + ann, "ann  " + digest,
		"ann viewer " + digest + " ../etc", "ann viewer " + digest + " a\nbob viewer " + digest + " b", strings.Repeat("x", 100_000),
	} {
		if _, err := console.ReadTokens(strings.NewReader(file)); err == nil || strings.Contains(err.Error(), ann) ||
			strings.Contains(err.Error(), digest) {
			t.Errorf("%.60q: %v", file, err)
		}
	}
	for _, name := range []string{"", "a b", "#a", "ä"} {
		if _, _, err := console.NewToken(name, []string{"viewer"}, "acme"); err == nil {
			t.Errorf("the name %q passes", name)
		}
	}
}

// people know one token.
type people struct{}

func (people) Authenticate(r *http.Request) (httpapi.Identity, error) {
	if r.Header.Get("Authorization") == "Bearer a.b.c" {
		return httpapi.Identity{Principal: "ann"}, nil
	}
	return httpapi.Identity{}, &httpapi.Problem{Status: http.StatusUnauthorized, Detail: "nobody of mine"}
}

func TestEither(t *testing.T) {
	t.Parallel()
	token, line, err := console.NewToken("olga", []string{"viewer", "all-tenants"}, "")
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := console.ReadTokens(strings.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"": httpapi.ErrAnonymous.Error(), "Bearer " + token: "olga", "Bearer a.b.c": "ann", "Bearer a.b.d": "nobody of mine",
		"Bearer ab": "the token is not known",
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		if given != "" {
			r.Header.Set("Authorization", given)
		}
		who, err := console.Either(people{}, tokens).Authenticate(r)
		if err == nil && string(who.Principal) != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v %v, want %s", given, who, err, want)
		}
	}
}
