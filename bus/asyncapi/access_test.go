package asyncapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus/asyncapi"
)

// TestAccess reads how a client says who it is, of addresses as bus.Open takes them.
func TestAccess(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"one":                                       "kafka",
		"kafkas://one":                              "kafka-secure",
		"kafka://one?tls=true":                      "kafka-secure",
		"kafka://one?tls=false":                     "kafka",
		"kafkas://one?ca=/ca.pem":                   "kafka-secure",
		"kafka://ann:x@one":                         "kafka scram-sha-512 scramSha512",
		"ann:x@one":                                 "kafka scram-sha-512 scramSha512",
		"kafka://a@nn:x@one":                        "kafka scram-sha-512 scramSha512",
		"kafka://:x@one":                            "kafka",
		"kafkas://ann:x@one?sasl=scram-sha-256":     "kafka-secure scram-sha-256 scramSha256",
		"kafkas://one?sasl=scram-sha-512":           "kafka-secure scram-sha-512 scramSha512",
		"kafkas://ann:x@one?sasl=plain":             "kafka-secure plain plain",
		"kafkas://one?token_file=/var/run/token":    "kafka-secure oauthbearer oauth2",
		"kafkas://one?sasl=oauthbearer":             "kafka-secure oauthbearer oauth2",
		"kafkas://one?cert=/c.pem&key=/k.pem":       "kafka-secure certificate X509",
		"kafkas://ann:x@one?cert=/c.pem&key=/k.pem": "kafka-secure scram-sha-512-and-certificate scramSha512",
	} {
		text, err := asyncapi.Document(asyncapi.About{Title: "x", Version: "1", Servers: map[string]string{"s": address}}, orderPlaced)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		valid(t, text)
		var document struct {
			Servers map[string]struct {
				Protocol string
				Security []map[string]string
			}
			Components struct {
				SecuritySchemes map[string]struct{ Type string }
			}
		}
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		got := []string{document.Servers["s"].Protocol}
		for _, scheme := range document.Servers["s"].Security {
			name := strings.TrimPrefix(scheme["$ref"], "#/components/securitySchemes/")
			got = append(got, name, document.Components.SecuritySchemes[name].Type)
		}
		if said := strings.Join(got, " "); said != want || len(document.Components.SecuritySchemes) != len(got)/2 {
			t.Errorf("%s: %q and %v, want %q", address, said, document.Components.SecuritySchemes, want)
		}
	}
}

// TestHandler asks for a document, and again with its tag.
func TestHandler(t *testing.T) {
	t.Parallel()
	handler, err := asyncapi.Handler(about, everything()...)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/asyncapi.json", http.NoBody)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	got := ask("")
	valid(t, got.Body.Bytes())
	if got.Code != http.StatusOK || got.Header().Get("Content-Type") != asyncapi.MediaType {
		t.Errorf("%d %v", got.Code, got.Header())
	}
	if again := ask(got.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("again: %d", again.Code)
	}
	if _, err := asyncapi.Handler(asyncapi.About{}); err == nil {
		t.Error("a document without a title is served")
	}
}
