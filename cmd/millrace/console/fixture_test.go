package console_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/cmd/millrace/console"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/observe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a console on a broker within the process.
type desk struct {
	testing.TB
	bus     *bus.Bus
	handler http.Handler
}

func open(t testing.TB, settings ...console.Setting) *desk {
	t.Helper()
	b := bustest.Open(t, console.Attempted)
	health, err := observe.NewHealth(observe.Check{Name: "kafka", Ask: b.Ping})
	if err != nil {
		t.Fatal(err)
	}
	c, err := console.New(admin.Loopback(httpapi.Identity{Principal: "ann", Roles: []string{admin.RoleOperator, admin.RoleAllTenants}}),
		console.Config{
			Bus: b, Health: health, OutboxGroup: "outbox", Settings: settings, Log: slog.New(slog.DiscardHandler),
		})
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, b, c}
}

// ask asks as this machine's developer.
func (d *desk) ask(method, path, body string) (status int, text string) {
	d.Helper()
	r := httptest.NewRequestWithContext(d.Context(), method, "http://localhost"+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:999"
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	read, err := io.ReadAll(w.Result().Body)
	if err != nil {
		d.Fatal(err)
	}
	return w.Code, string(read)
}
