package seal

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dunglas/httpsfv"
)

// label names our signature among others of the same request; tag says that it was made by the rules of this package.
const (
	label = "millrace"
	tag   = "millrace"
)

// components are what every signature covers, in this order; content-digest also where there is no body. Fields that a request has are added.
func components(r *http.Request, fields []string) []string {
	covered := []string{"@method", "@authority", "@path", "@query", "content-digest"}
	for _, field := range append([]string{"Content-Type", "Idempotency-Key"}, fields...) {
		name := strings.ToLower(field)
		if len(r.Header.Values(field)) > 0 && !slices.Contains(covered, name) {
			covered = append(covered, name)
		}
	}
	return covered
}

// signatureBase is what is signed: RFC 9421, section 2.5.
func signatureBase(r *http.Request, input httpsfv.InnerList) ([]byte, error) {
	var base strings.Builder
	for i, item := range input.Items {
		name, ok := item.Value.(string)
		if !ok || len(item.Params.Names()) > 0 {
			return nil, fmt.Errorf("component %d has parameters or is no string", i+1)
		}
		for _, earlier := range input.Items[:i] {
			if earlier.Value == name {
				return nil, fmt.Errorf("component %q is there twice", name)
			}
		}
		value, err := component(r, name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&base, "%q: %s\n", name, value)
	}
	params, err := httpsfv.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("signature parameters: %w", err)
	}
	fmt.Fprintf(&base, "%q: %s", "@signature-params", params)
	return []byte(base.String()), nil
}

// component is a part of the request as it is signed: sections 2.1 and 2.2.
func component(r *http.Request, name string) (string, error) {
	switch name {
	case "@method":
		if r.Method == "" {
			return http.MethodGet, nil
		}
		return r.Method, nil
	case "@authority":
		return authority(r), nil
	case "@path":
		if path := r.URL.EscapedPath(); path != "" {
			return path, nil
		}
		return "/", nil
	case "@query":
		return "?" + r.URL.RawQuery, nil
	}
	if strings.HasPrefix(name, "@") || name != strings.ToLower(name) {
		return "", fmt.Errorf("component %q is not known here", name)
	}
	values := r.Header.Values(name)
	if name == "content-length" && len(values) == 0 && r.ContentLength > 0 { // net/http keeps it elsewhere
		values = []string{fmt.Sprint(r.ContentLength)}
	}
	if len(values) == 0 {
		return "", fmt.Errorf("header %q is signed and not there", name)
	}
	trimmed := make([]string, len(values))
	for i, value := range values {
		if strings.ContainsAny(value, "\r\n") {
			return "", fmt.Errorf("header %q has a line break", name)
		}
		trimmed[i] = strings.Trim(value, " \t")
	}
	return strings.Join(trimmed, ", "), nil
}

// authority is the host in lower case, without the scheme's own port.
func authority(r *http.Request) string {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	host = strings.ToLower(host)
	if r.TLS != nil || r.URL.Scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}
