package admin

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

//go:embed page
var pageFiles embed.FS

// page is what a browser loads. It has no data in it, and everybody may have it.
type page struct{ assets map[string]asset }

type asset struct {
	body       []byte
	kind, etag string
}

func loadPage(title string) (*page, error) {
	p := &page{assets: map[string]asset{}}
	names, err := fs.Glob(pageFiles, "page/*.*")
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by New
	}
	for _, name := range names {
		body, err := pageFiles.ReadFile(name)
		if err != nil {
			return nil, err //nolint:wrapcheck // wrapped by New
		}
		base := path.Base(name)
		if base == "index.html" {
			if body, err = entitled(body, title); err != nil {
				return nil, err
			}
		}
		sum := sha256.Sum256(body)
		kind := mime.TypeByExtension(path.Ext(base))
		if path.Ext(base) == ".js" {
			kind = "text/javascript; charset=utf-8" // whatever this system's table says
		}
		p.assets[base] = asset{body: body, kind: kind, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	return p, nil
}

func entitled(body []byte, title string) ([]byte, error) {
	text, err := template.New("index.html").Parse(string(body))
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by New
	}
	var out bytes.Buffer
	err = text.Execute(&out, struct{ Title string }{title})
	return out.Bytes(), err
}

// serve answers with a file of the page.
func (p *page) serve(w http.ResponseWriter, r *http.Request) error {
	name := chi.URLParam(r, "*")
	if name == "" {
		if !strings.HasSuffix(r.URL.Path, "/") && r.URL.Path != "" {
			slashed := url.URL{Path: "./" + path.Base(r.URL.Path) + "/"} // what the page loads is relative to it
			w.Header().Set("Location", slashed.String())
			w.WriteHeader(http.StatusPermanentRedirect)
			return nil
		}
		name = "index.html"
	}
	found, has := p.assets[name]
	if !has {
		return notFound("the page has no such file")
	}
	header := w.Header()
	header.Set("Content-Type", found.kind)
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", found.etag)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(found.body))
	return nil
}
