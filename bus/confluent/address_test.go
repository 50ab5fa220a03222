package confluent_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/confluent"
	"github.com/millrace/millrace/resilience"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := strings.TrimPrefix(s.URL(), "http://")
	for _, test := range []struct {
		address, want string
		opts          []confluent.Option
	}{
		{"http://" + at, "", nil},
		{"http://user:secret-pass@" + at, "Basic dXNlcjpzZWNyZXQtcGFzcw==", nil},
		{"http://" + at + "?token_file=" + file, "Bearer secret-file", nil},
		{"http://user:x@" + at, "Bearer secret-token", []confluent.Option{
			confluent.Token(func(context.Context) (string, error) { return "secret-token", nil }),
		}},
		{"http://user:x@" + at, "Basic YTpzZWNyZXQ=", []confluent.Option{
			confluent.Credentials(func(context.Context) (string, string, error) { return "a", "secret", nil }),
		}},
	} {
		registry, err := confluent.New(test.address, test.opts...)
		if err != nil {
			t.Fatal(err)
		}
		s.answers(http.StatusForbidden, `{"error_code":403,"message":"not you"}`)
		err = registry.Check(t.Context(), placed().Contract())
		if !errors.Is(err, bus.ErrDenied) || strings.Contains(err.Error(), "secret") || resilience.ClassOf(err) != resilience.ClassPermanent {
			t.Errorf("%s: %v", test.want, err)
		}
		if _, got, _ := strings.Cut(s.asked[0], "placed "); got != test.want {
			t.Errorf("%q was sent, want %q", got, test.want)
		}
		if err := registry.Close(); err != nil {
			t.Error(err)
		}
	}
	gone, err := confluent.New("http://user:secret-pass@127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	err = gone.Check(t.Context(), placed().Contract())
	if resilience.ClassOf(err) != resilience.ClassTransient || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestAddressRefuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "registry:8081", "ftp://user:secret@registry", "https://user:secret%zz@registry", "https://registry?secret=1;%",
		"https://registry?password=secret", "http://user:secret@registry:8081", "https://registry?cert=secret.pem",
		"https://registry?ca=/none/secret", "https://registry:8081,", "http://registry?token_file=x",
	} {
		_, err := confluent.New(address)
		if !errors.Is(err, bus.ErrAddress) || strings.Contains(strings.ReplaceAll(err.Error(), "/none/secret", ""), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := confluent.New("https://registry", confluent.Subject(nil)); err == nil {
		t.Error("no subject was taken")
	}
}

func FuzzUnframe(f *testing.F) {
	registry, err := confluent.New("http://127.0.0.1:1")
	if err != nil {
		f.Fatal(err)
	}
	contract := bus.Define("shop.order.p", func(order) string { return "k" }, bus.Encoding[order](importing{bus.JSON[order]()})).Contract()
	f.Add([]byte("\x00\x00\x00\x00\x05\x04\x02\x00{}"))
	f.Add([]byte("\x00\x00\x00\x00\x05\x00{}"))
	f.Fuzz(func(t *testing.T, value []byte) {
		payload, _, err := registry.Unframe(t.Context(), contract, value)
		if err == nil && !strings.HasSuffix(string(value), string(payload)) {
			t.Fatalf("%x became %x", value, payload)
		}
	})
}
