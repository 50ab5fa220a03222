package webhooks_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
)

// received is what a receiver answers to a request that change has changed.
func received(t *testing.T, v *webhooks.Verifier, k webhooks.Key, body string, change func(*http.Request)) (status int, got string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks", strings.NewReader(body))
	if err := webhooks.Sign(r.Header, "msg_1", time.Now(), []byte(body), k); err != nil {
		t.Fatal(err)
	}
	change(r)
	w := httptest.NewRecorder()
	v.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		read, err := io.ReadAll(r.Body)
		if is, verified := webhooks.ReceivedFrom(r.Context()); err != nil || !verified || is.ID == "" || int(r.ContentLength) != len(read) {
			t.Errorf("%+v, %v", is, err)
		}
		got = string(read)
	})).ServeHTTP(w, r)
	return w.Code, got
}

func TestHandler(t *testing.T) {
	t.Parallel()
	secret, other := webhooks.NewSecret(), webhooks.NewSecret()
	v, err := webhooks.NewVerifier([]string{other.Reveal(), secret.Reveal()}, webhooks.BodyLimit(100))
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Repeat("b", 100)
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	seconds := func(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }
	for name, test := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"good":            {func(*http.Request) {}, 200},
		"other body":      {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("c")) }, 401},
		"large body":      {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(body + "b")) }, 413},
		"GET":             {func(r *http.Request) { r.Method = http.MethodGet }, 405},
		"other id":        {set(webhooks.HeaderID, "msg_2"), 401},
		"no id":           {set(webhooks.HeaderID, ""), 400},
		"point in id":     {set(webhooks.HeaderID, "msg.1"), 400},
		"two ids":         {func(r *http.Request) { r.Header.Add(webhooks.HeaderID, "msg_2") }, 400},
		"no timestamp":    {set(webhooks.HeaderTimestamp, ""), 400},
		"odd timestamp":   {set(webhooks.HeaderTimestamp, "+"+seconds(0)), 400},
		"old":             {set(webhooks.HeaderTimestamp, seconds(-6*time.Minute)), 400},
		"new":             {set(webhooks.HeaderTimestamp, seconds(6*time.Minute)), 400},
		"other timestamp": {set(webhooks.HeaderTimestamp, seconds(time.Minute)), 401},
		"no signature":    {set(webhooks.HeaderSignature, ""), 400},
		"odd signature":   {set(webhooks.HeaderSignature, "v1"), 401},
		"many signatures": {func(r *http.Request) {
			good := r.Header.Get(webhooks.HeaderSignature)
			r.Header.Set(webhooks.HeaderSignature, strings.Repeat("v1,AAAA ", 20)+good)
		}, 401},
		"other version": {func(r *http.Request) {
			r.Header.Set(webhooks.HeaderSignature, strings.Replace(r.Header.Get(webhooks.HeaderSignature), "v1,", "v1a,", 1))
		}, 401},
	} {
		status, got := received(t, v, secret, body, test.change)
		if status != test.status || (status == 200) != (got == body) {
			t.Errorf("%s: %d, and the handler got %q", name, status, got)
		}
	}
	if status, _ := received(t, v, webhooks.NewSecret(), body, func(*http.Request) {}); status != 401 {
		t.Errorf("another's secret: %d", status)
	}
	for name, make := range map[string]func() (*webhooks.Verifier, error){
		"no key":   func() (*webhooks.Verifier, error) { return webhooks.NewVerifier(nil) },
		"no key's": func() (*webhooks.Verifier, error) { return webhooks.NewVerifier([]string{"key"}) },
		"no tolerance": func() (*webhooks.Verifier, error) {
			return webhooks.NewVerifier([]string{secret.Reveal()}, webhooks.Tolerance(0))
		},
		"no body": func() (*webhooks.Verifier, error) {
			return webhooks.NewVerifier([]string{secret.Reveal()}, webhooks.BodyLimit(0))
		},
	} {
		if _, err := make(); err == nil {
			t.Errorf("%s: a verifier is made", name)
		}
	}
}

type brokenReplays struct{}

func (brokenReplays) First(context.Context, string, time.Duration) (bool, error) {
	return false, errors.New("no answer")
}

func TestReplays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secret := webhooks.NewSecret()
		v, err := webhooks.NewVerifier([]string{secret.Reveal()}, webhooks.RefuseReplays(new(webhooks.MemoryReplays)))
		if err != nil {
			t.Fatal(err)
		}
		recorded := make(http.Header)
		asIs := func(r *http.Request) { recorded = r.Header.Clone() }
		again := func(r *http.Request) { r.Header = recorded.Clone() }
		if status, _ := received(t, v, secret, "b", asIs); status != 200 {
			t.Errorf("the first: %d", status)
		}
		for _, after := range []time.Duration{0, time.Second, 4 * time.Minute, 59 * time.Second} {
			<-time.After(after)
			if status, _ := received(t, v, secret, "b", again); status != 409 {
				t.Errorf("a replay %s later: %d", after, status)
			}
		}
		if status, _ := received(t, v, secret, "b", asIs); status != 200 {
			t.Errorf("an attempt that the sender repeats: %d", status)
		}
		broken, err := webhooks.NewVerifier([]string{secret.Reveal()}, webhooks.RefuseReplays(brokenReplays{}),
			webhooks.VerifierLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		if status, _ := received(t, broken, secret, "b", asIs); status != 503 {
			t.Errorf("unknown: %d", status)
		}
	})
}
