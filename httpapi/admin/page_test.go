package admin_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/httpapi/admin"
)

func TestPage(t *testing.T) {
	t.Parallel()
	h := &house{}
	c := open(t, &paper{}, sections(t, h.spec()), admin.Title("Shop <prod>"))
	index := ask(t, c, "", "GET", "/", "")
	if index.status != 200 || !strings.Contains(index.body, "<title>Shop &lt;prod&gt; · Console</title>") {
		t.Errorf("%d %s", index.status, index.body)
	}
	policy := index.header.Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "http") ||
		!strings.Contains(policy, "default-src 'none'") ||
		!strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "trusted-types 'none'") {
		t.Error(policy)
	}
	loads := regexp.MustCompile(`(?:src|href)="([^"#]+)"|from '\./([^']+)'`)
	elsewhere := regexp.MustCompile(`(?i)(?:src|href)="(?:https?:)?//` +
		`|url\([^#]|@import|fetch\(.https?:|style="|<style|<script>|\son\w+="|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(`)
	files, err := filepath.Glob("page/*")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := elsewhere.FindString(string(text)); found != "" {
			t.Errorf("%s has %q", file, found)
		}
		for _, match := range loads.FindAllStringSubmatch(string(text), -1) {
			seen++
			got := ask(t, c, "", "GET", "/"+match[1]+match[2], "")
			if got.status != 200 || got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Content-Type") == "" {
				t.Errorf("%s: %s: %d %v", file, match[0], got.status, got.header)
			}
			if again := ask(t, c, "", "GET", "/"+match[1]+match[2], "", "If-None-Match", got.header.Get("ETag")); again.status != 304 {
				t.Errorf("%s again: %d", match[0], again.status)
			}
		}
	}
	if seen < 20 {
		t.Errorf("looked at %d references", seen)
	}
	mounted := chi.NewRouter()
	mounted.Mount("/ops/console", c)
	if got := ask(t, mounted, "", "GET", "/ops/console", ""); got.status != 308 || got.header.Get("Location") != "./console/" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got := ask(t, mounted, "", "GET", "/ops/console/app.js", ""); got.status != 200 {
		t.Errorf("%d", got.status)
	}
	for _, path := range []string{"/page.go", "/../page.go", "/index.html/x", "/api", "/api/"} {
		if got := ask(t, c, "", "GET", path, ""); got.status != 404 || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}
