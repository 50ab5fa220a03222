package browsertest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestAccessible(t *testing.T) {
	t.Parallel()
	p := Open(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><title>Page</title><main><h1>Page</h1><img src="data:,"><p>Text</p></main>`))
	}))
	t.Cleanup(server.Close)
	p.Run(chromedp.Navigate(server.URL))
	if found := p.violations(); len(found) != 1 || found[0].ID != "image-alt" {
		t.Errorf("found %+v", found)
	}
	p.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('img').alt = ''`))
	if found := p.violations(); len(found) != 0 {
		t.Errorf("found %+v", found)
	}
	if got := p.Text("p"); got != "Text" {
		t.Error(got)
	}
}
