package shop

import (
	"encoding/json"
	"net/http"
)

// Problem is an answer by RFC 9457, application/problem+json. Its detail says what to do.
type Problem struct { //nolint:errname // the name that RFC 9457 gives it
	Type     string       `json:"type"`
	Title    string       `json:"title"`
	Status   int          `json:"status"`
	Detail   string       `json:"detail,omitzero"`
	Instance string       `json:"instance,omitzero"`
	Errors   []FieldError `json:"errors,omitzero"`
}

// FieldError says what is wrong with one field. Pointer is a JSON Pointer (RFC 6901) as a URI fragment.
type FieldError struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// Error makes a problem usable as an error.
func (p *Problem) Error() string { return "shop: " + p.Title + ": " + p.Detail }

func problem(status int, kind, detail string, errs ...FieldError) *Problem {
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Errors: errs}
	if kind != "" {
		p.Type = "urn:millrace:shop:" + kind
	}
	return p
}

func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	p.Instance = r.URL.EscapedPath()
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, p.Status, "application/problem+json", p)
}

func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError) // no type that the shop answers with can fail
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
