package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
)

// Origins are those whose pages may use the application: "https://app.example.com", or "https://*.example.com" for the names one label below. See
// [ParseOrigins].
type Origins struct{ patterns []string }

// ParseOrigins reads patterns of origins. There is none for all origins: answers are given with credentials.
func ParseOrigins(patterns ...string) (Origins, error) {
	var o Origins
	var errs []error
	for _, pattern := range patterns {
		scheme, host, whole := strings.Cut(strings.ToLower(pattern), "://")
		_, err := path.Match(host, "")
		named := host != "" && !strings.Contains(host, "/") && strings.Trim(host, "*.") != ""
		if !whole || scheme != "http" && scheme != "https" || !named || err != nil {
			errs = append(errs, fmt.Errorf("httpapi: origins: %q must be like https://app.example.com or https://*.example.com", pattern))
		}
		o.patterns = append(o.patterns, scheme+"://"+strings.ReplaceAll(host, ".", "/"))
	}
	return o, errors.Join(errs...)
}

// has says whether an origin is one of them. A * is no dot.
func (o Origins) has(origin string) bool {
	scheme, host, _ := strings.Cut(strings.ToLower(origin), "://")
	return slices.ContainsFunc(o.patterns, func(pattern string) bool {
		of, pattern, _ := strings.Cut(pattern, "://")
		matches, _ := path.Match(pattern, strings.ReplaceAll(host, ".", "/"))
		return of == scheme && matches && !strings.Contains(host, "/")
	})
}

// CORS lets pages of the origins read answers, with credentials, by the Fetch standard's protocol, and answers their preflights: all methods, and the
// headers besides the common ones that allow names. exposed are headers of answers that pages may read besides.
func CORS(origins Origins, allow, exposed []string) func(http.Handler) http.Handler {
	allowed := strings.Join(append([]string{
		"Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "Traceparent", HeaderRequestID,
	}, allow...), ", ")
	readable := strings.Join(append([]string{"ETag", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", HeaderRequestID}, exposed...), ", ")
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header, origin := w.Header(), r.Header.Get("Origin")
			header.Add("Vary", "Origin")
			preflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
			if origin == "" || !origins.has(origin) {
				if preflight {
					(&Problem{Status: http.StatusForbidden, Detail: "pages of this origin may not use the application"}).Write(w, r)
					return
				}
				next.ServeHTTP(w, r)
				return
			}
			header.Set("Access-Control-Allow-Origin", origin)
			header.Set("Access-Control-Allow-Credentials", "true")
			if !preflight {
				header.Set("Access-Control-Expose-Headers", readable)
				next.ServeHTTP(w, r)
				return
			}
			header.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
			header.Set("Access-Control-Allow-Headers", allowed)
			header.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
		})
	}
}

// CrossOrigin refuses requests that change something and that a browser sends for a page of another origin than the server's own or one of these,
// as [http.CrossOriginProtection] says, with 403. Requests that are not a browser's pass.
func CrossOrigin(origins Origins) func(http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := protection.Check(r); err != nil && !origins.has(r.Header.Get("Origin")) {
				(&Problem{Status: http.StatusForbidden, Detail: "a page of another origin may not change anything here"}).Write(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
