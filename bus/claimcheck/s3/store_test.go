package s3_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
	"github.com/millrace/millrace/bus/claimcheck/s3"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/observe"
)

// shared holds the server of this test run.
var shared run

type run struct {
	servers.Shared
	*testing.M
}

func TestMain(m *testing.M) {
	shared.M = m
	goleak.VerifyTestMain(&shared)
}

// Run ends the server before leaks are looked for.
func (r *run) Run() int {
	code := r.M.Run()
	if err := r.Shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

func open(t *testing.T, address string) *s3.Store {
	t.Helper()
	store, err := s3.New(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

func TestConformance(t *testing.T) {
	t.Parallel()
	claimchecktest.Conformance(t, open(t, shared.S3(t).URL))
}

func TestCheck(t *testing.T) {
	t.Parallel()
	at := shared.S3(t).URL
	if check := open(t, at).Check(); check.Ask(t.Context()) != nil || check.Name != "s3" || check.Criticality != observe.Advisory {
		t.Errorf("%+v: %v", check, check.Ask(t.Context()))
	}
	noBucket := strings.Replace(at, "/millrace?", "/not-there?", 1)
	if err := open(t, noBucket).Ping(t.Context()); !errors.Is(err, s3.ErrNoBucket) {
		t.Errorf("no bucket: %v", err)
	}
	host := at[strings.LastIndex(at, "@")+1 : strings.LastIndex(at, "/")]
	for name, address := range map[string]string{
		"refused": "s3://millrace:hunter2@" + host + "/millrace?region=us-east-1&tls=false&path=true",
		"away":    "s3://millrace:hunter2@127.0.0.1:1/millrace?region=us-east-1&tls=false&path=true",
	} {
		if err := open(t, address).Ping(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	store := open(t, shared.S3(t).URL)
	found, err := store.Settings(t.Context())
	if err != nil || found.Versioned || len(found.Expiries) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rule := "<Rule><Status>%s</Status><Filter><Prefix>%s</Prefix></Filter><Expiration><Days>%d</Days></Expiration></Rule>"
		switch {
		case r.URL.Query().Has("versioning"):
			_, _ = io.WriteString(w, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
		case r.URL.Query().Has("lifecycle"):
			_, _ = fmt.Fprintf(w, "<LifecycleConfiguration>"+rule+rule+"</LifecycleConfiguration>", "Enabled", "a/", 3, "Disabled", "b/", 1)
		}
	}))
	defer server.Close()
	store = open(t, "s3://key:secret@"+server.Listener.Addr().String()+"/bucket?region=us-east-1&tls=false&path=true")
	found, err = store.Settings(t.Context())
	want := []s3.Expiry{{Prefix: "a/", After: 72 * time.Hour}}
	if err != nil || !found.Versioned || found.Cleaned || !slices.Equal(found.Expiries, want) {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "hunter2", "http://key:hunter2@host/bucket", "s3://key:hunter2@host", "s3://key:hunter2@host/a/b", "s3://hunter2@host/bucket",
		"s3://key:hunter2@host/bucket?tls=hunter2", "s3://key:hunter2@host/bucket?unknown=hunter2", "s3://key:hunter2@/bucket", "s3://key:hunter2@ho st/bucket",
	} {
		store, err := s3.New(address)
		if !errors.Is(err, s3.ErrAddress) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, %v", address, store, err)
		}
	}
	if store := open(t, "s3://key:hunter2@s3.example:9000/bucket?region=eu-central-1&path=true"); store.String() != "s3.example:9000/bucket" {
		t.Errorf("%s", store)
	}
}
