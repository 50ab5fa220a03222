package admin_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/admin"
)

func TestLoopback(t *testing.T) {
	t.Parallel()
	auth := admin.Loopback(httpapi.Identity{Principal: "developer", Roles: []string{admin.RoleOperator}})
	for _, test := range []struct {
		from, host, header string
		why                string // empty where it passes
	}{
		{"127.0.0.1:999", "127.0.0.1:8080", "", ""},
		{"127.8.8.8:999", "localhost:8080", "", ""},
		{"[::1]:999", "[::1]:8080", "", ""},
		{"[::ffff:127.0.0.1]:999", "shop.localhost", "", ""},
		{"[::1]:999", "LOCALHOST", "", ""},
		{"127.0.0.1:999", "evil.example:8080", "", "names another machine"}, // a name that somebody lets lead here
		{"127.0.0.1:999", "localhost.evil.example", "", "names another machine"},
		{"127.0.0.1:999", "", "", "names another machine"},
		{"127.0.0.1:999", "localhost", "X-Forwarded-For", "as X-Forwarded-For says"}, // a proxy on this machine
		{"127.0.0.1:999", "localhost", "X-Forwarded-Host", "as X-Forwarded-Host says"},
		{"127.0.0.1:999", "localhost", "Forwarded", "as Forwarded says"},
		{"127.0.0.1:999", "localhost", "Via", "as Via says"},
		{"127.0.0.1:999", "localhost", "X-Real-Ip", "as X-Real-Ip says"},
		{"127.0.0.1:999", "localhost", "HTTP/1.0", "as HTTP/1.0 says"}, // nginx, unless it is told otherwise
		{"192.168.1.7:999", "localhost", "", "another machine"},
		{"192.168.1.7:999", "192.168.1.2:8080", "", "another machine"},
		{"", "localhost", "", "another machine"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr, r.Host = test.from, test.host
		switch test.header {
		case "":
		case "HTTP/1.0":
			r.Proto, r.ProtoMajor, r.ProtoMinor = test.header, 1, 0
		default:
			r.Header.Set(test.header, "") // that it is there says enough
		}
		who, err := auth.Authenticate(r)
		problem, refused := errors.AsType[*httpapi.Problem](err)
		if refused != (test.why != "") || refused && (problem.Status != http.StatusForbidden || !strings.Contains(problem.Detail, test.why)) ||
			!refused && (err != nil || who.Principal != "developer") {
			t.Errorf("%+v: %v %v", test, who, err)
		}
	}
}
