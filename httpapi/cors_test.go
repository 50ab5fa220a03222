package httpapi_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi"
)

func TestOrigins(t *testing.T) {
	t.Parallel()
	origins, err := httpapi.ParseOrigins("https://app.example.com", "https://*.tenants.example.com", "http://localhost:3000")
	if err != nil {
		t.Fatal(err)
	}
	h := httpapi.CORS(origins, []string{"X-Own"}, []string{"X-Count"})(httpapi.CrossOrigin(origins)(answering("done")))
	for origin, want := range map[string]bool{
		"https://app.example.com": true, "https://APP.example.com": true, "https://acme.tenants.example.com": true, "http://localhost:3000": true,
		"http://app.example.com": false, "https://app.example.com.evil.example": false, "https://evil.example/app.example.com": false, "null": false,
		"https://a.b.tenants.example.com": false, "https://tenants.example.com": false, "https://app.example.com:444": false,
		"https://appxexample.com": false,
	} {
		asked := ask(t, h, "OPTIONS", "https://api.example.com/", "", "Origin", origin, "Access-Control-Request-Method", "PUT")
		if allowed := asked.status == 204 && asked.header.Get("Access-Control-Allow-Origin") == origin; allowed != want || !want &&
			asked.status != 403 {
			t.Errorf("%s: preflight: %+v", origin, asked)
		}
		if want && !strings.Contains(asked.header.Get("Access-Control-Allow-Headers"), "X-Own") {
			t.Errorf("%s: %+v", origin, asked)
		}
		read := ask(t, h, "GET", "https://api.example.com/", "", "Origin", origin, "Sec-Fetch-Site", "cross-site")
		if read.status != 200 || (read.header.Get("Access-Control-Allow-Origin") == origin) != want || read.header.Get("Vary") != "Origin" {
			t.Errorf("%s: read: %+v", origin, read)
		}
		for _, site := range []string{"cross-site", ""} { // of an old browser too
			header := []string{"Origin", origin}
			if site != "" {
				header = append(header, "Sec-Fetch-Site", site)
			}
			if got := ask(t, h, "POST", "https://api.example.com/", "", header...); (got.status == 200) != want || !want &&
				got.problem.Status != 403 {
				t.Errorf("%s: change: %+v", origin, got)
			}
		}
	}
	if got := ask(t, h, "POST", "https://api.example.com/", ""); got.status != 200 {
		t.Errorf("what is no browser's: %+v", got)
	}
	if got := ask(t, h, "POST", "https://api.example.com/", "", "Origin", "https://api.example.com", "Sec-Fetch-Site",
		"same-origin"); got.status != 200 {
		t.Errorf("its own page's: %+v", got)
	}
	for _, wrong := range []string{"*", "https://*", "app.example.com", "https://app.example.com/", "ftp://a", "https://[", "https://*.*"} {
		if _, err := httpapi.ParseOrigins(wrong); err == nil {
			t.Errorf("%s: no error", wrong)
		}
	}
}
