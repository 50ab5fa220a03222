package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/millrace/millrace/httpapi"
)

// cookieName is that of the cookie that has a viewer's token. Scripts do not see it, and other sites' pages do not send it.
const cookieName = "millrace_console"

// mostCookie is what browsers keep of a cookie at least, in bytes (RFC 6265 section 6.1): longer ones they drop without a word.
const mostCookie = 4096

// cookies lets an authenticator see the token of the cookie where there is none in the header.
type cookies struct{ httpapi.Authenticator }

func (c cookies) Authenticate(r *http.Request) (httpapi.Identity, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil || len(r.Header.Values("Authorization")) > 0 {
		return c.Authenticator.Authenticate(r)
	}
	return c.Authenticator.Authenticate(bearing(r, cookie.Value))
}

// bearing is the request with a token.
func bearing(r *http.Request, token string) *http.Request {
	with := r.Clone(r.Context())
	with.Header.Set("Authorization", "Bearer "+token)
	return with
}

// login takes a token, and gives it to the browser as a cookie if it is good.
func (c *Console) login(w http.ResponseWriter, r *http.Request) error {
	var given struct {
		Token string `json:"token"`
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBody)).Decode(&given); err != nil || kind != "application/json" {
		return &httpapi.Problem{Status: http.StatusBadRequest, Detail: `send {"token": "…"} as application/json`}
	}
	token := strings.TrimSpace(given.Token)
	cookie := c.cookie(r, token)
	if token == "" || cookie.Valid() != nil || strings.ContainsAny(token, " \t\r\n") {
		return refusedToken()
	}
	who, err := c.auth.Authenticate(bearing(r, token))
	if errors.Is(err, httpapi.ErrAnonymous) {
		return refusedToken()
	}
	if err != nil {
		return err
	}
	if len(cookie.String()) > mostCookie {
		return &httpapi.Problem{
			Status: http.StatusBadRequest, Detail: "the token is good, but longer than a browser keeps: one with fewer claims is needed",
		}
	}
	c.log.InfoContext(r.Context(), "httpapi: somebody looks at the console", "principal", who.Principal, "address", r.RemoteAddr)
	http.SetCookie(w, cookie)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func refusedToken() error {
	return &httpapi.Problem{Status: http.StatusUnauthorized, Detail: "the token is not known"}
}

// logout takes the cookie back.
func (c *Console) logout(w http.ResponseWriter, r *http.Request) error {
	cookie := c.cookie(r, "") //nolint:gosec // as above
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// cookie is for the API alone: by default its path is that of the request up to the last slash. Whether the browser came by TLS is not known behind a
// proxy that ends it, so that only a page of this machine, where no TLS is needed, has one that is not Secure.
func (c *Console) cookie(r *http.Request, token string) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure but on this machine
		Name: cookieName, Value: token, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil || !loops(r.Host),
	}
}
