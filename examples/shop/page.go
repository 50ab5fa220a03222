package shop

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"time"

	"github.com/go-chi/chi/v5"
)

//go:embed page
var pageFiles embed.FS

// pagePolicy lets the page load what this server serves and nothing else.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type asset struct {
	body []byte
	etag string
}

// product is what the page offers. The shop itself takes any item.
type product struct {
	SKU, Name, Note string
	PriceCents      int64
	Quantity        int
}

type pageData struct {
	Products []product
	Base     string
	Kafka    string
	Topic    string
	Group    string
	Receiver string
}

func loadPage() (*template.Template, map[string]asset, error) {
	page, err := template.ParseFS(pageFiles, "page/index.html")
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // wrapped by New
	}
	assets := map[string]asset{}
	names, err := fs.Glob(pageFiles, "page/*.*")
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // wrapped by New
	}
	for _, name := range names {
		body, err := pageFiles.ReadFile(name)
		if err != nil {
			return nil, nil, err //nolint:wrapcheck // wrapped by New
		}
		sum := sha256.Sum256(body)
		assets[path.Base(name)] = asset{body: body, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	delete(assets, "index.html")
	return page, assets, nil
}

func (s *Shop) showPage(w http.ResponseWriter, r *http.Request) error {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	var body bytes.Buffer
	err := s.page.Execute(&body, pageData{
		Products: []product{
			{SKU: "kettle-09", Name: "Gooseneck kettle", Note: "Steel, 0.9 l", PriceCents: 8900, Quantity: 1},
			{SKU: "grinder-14", Name: "Hand grinder", Note: "Conical burr", PriceCents: 13900},
			{SKU: "cups-02", Name: "Espresso cups", Note: "Stoneware, set of two", PriceCents: 2400, Quantity: 2},
			{SKU: "filters-100", Name: "Paper filters", Note: "Pack of 100", PriceCents: 750},
		},
		Base: scheme + r.Host, Kafka: s.broker, Topic: string(OrderPlaced.Contract().Topic()), Group: Group, Receiver: s.tell.Receiver,
	})
	if err != nil {
		return err //nolint:wrapcheck // told by the router
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", pagePolicy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-cache")
	_, err = body.WriteTo(w)
	return err //nolint:wrapcheck // the client has gone
}

func (s *Shop) showAsset(w http.ResponseWriter, r *http.Request) error {
	name := chi.URLParam(r, "*")
	found, ok := s.assets[name]
	if !ok {
		return problem(http.StatusNotFound, "", "the page has no such file")
	}
	header := w.Header()
	header.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", found.etag)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(found.body))
	return nil
}
