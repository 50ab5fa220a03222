package httpapi_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

func TestLocale(t *testing.T) {
	t.Parallel()
	locale := must[httpapi.Middleware](t)(httpapi.Locale(language.English, language.German, language.MustParse("pt-BR")))
	h := locale(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, request.From(r.Context()).Locale)
	}))
	for accepted, want := range map[string]string{
		"": "en", "de": "de", "de-CH": "de", "fr, de;q=0.5": "de", "pt": "pt-BR", "en;q=0.1, pt-PT;q=0.9": "pt-BR", "fr": "en", "*": "en",
		"de;q=0": "en", "nonsense!": "en", "de-u-co-phonebk": "de", "de\nx": "en", strings.Repeat("fr,", 400) + "de": "en",
	} {
		if got := ask(t, h, "GET", "/", "", "Accept-Language", accepted); got.body != want || got.header.Get("Vary") != "Accept-Language" {
			t.Errorf("%.20q: %s, %v, want %s", accepted, got.body, got.header, want)
		}
	}
	if got := ask(t, h, "GET", "/", "", "Accept-Language", "fr", "Accept-Language", "de"); got.body != "de" {
		t.Errorf("said in two fields: %s", got.body)
	}
	if got := ask(t, h, "GET", "/", "", "Millrace-Locale", "de"); got.body != "en" {
		t.Errorf("a claim is believed: %s", got.body)
	}
	for _, wrong := range [][]language.Tag{nil, {language.MustParse("en-x-" + strings.Repeat("abcdefgh-", 5) + "z")}} {
		if _, err := httpapi.Locale(wrong...); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}
