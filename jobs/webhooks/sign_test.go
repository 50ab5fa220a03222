package webhooks_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/millrace/millrace/jobs/webhooks"
)

func key(t *testing.T, text string) webhooks.Key {
	t.Helper()
	k, err := webhooks.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestStandardLibrary lets the reference library of Standard Webhooks verify what is signed here, and the other way round, also
// while secrets are rotated.
func TestStandardLibrary(t *testing.T) {
	t.Parallel()
	secret, next := webhooks.NewSecret(), webhooks.NewSecret()
	for name, keys := range map[string][]webhooks.Key{
		"one": {secret}, "rotated": {next, secret}, "with v1a": {webhooks.NewKeyPair(), secret},
	} {
		for _, body := range []string{"", `{"test": 2432232314}`, "\x00\xff not JSON", strings.Repeat("x", 1<<20)} {
			header := make(http.Header)
			if err := webhooks.Sign(header, "msg_1", time.Now(), []byte(body), keys...); err != nil {
				t.Fatal(err)
			}
			theirs, err := standard.NewWebhook(secret.Reveal())
			if err != nil {
				t.Fatal(err)
			}
			if err := theirs.Verify([]byte(body), header); err != nil {
				t.Errorf("%s: the reference library: %v", name, err)
			}
			if err := theirs.Verify([]byte(body+"."), header); err == nil {
				t.Errorf("%s: the reference library takes another body", name)
			}
			at := time.Now()
			signature, err := theirs.Sign("msg_2", at, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			signed := http.Header{
				webhooks.HeaderID: {"msg_2"}, webhooks.HeaderSignature: {"v1,AAAA " + signature}, webhooks.HeaderTimestamp: {fmt.Sprint(at.Unix())},
			}
			ours, err := webhooks.NewVerifier([]string{next.Reveal(), secret.Reveal()})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ours.Verify(signed, []byte(body)); err != nil || got.ID != "msg_2" || got.Timestamp.Unix() != at.Unix() {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
}

// TestReferenceVectors are those of the specification's reference implementations (v1), and of v1a two that other programs made:
// OpenSSL 3.0 by `openssl pkeyutl -sign -rawin` under a key of `openssl genpkey -algorithm ed25519`, and Node 20 by crypto.sign
// under the key of RFC 8032, 7.1, test 1.
func TestReferenceVectors(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]struct{ key, public, id, at, body, signature string }{
		"v1": {
			key: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
			id:  "msg_p5jXN8AQM9LWM0D4loKWxJek", at: "1614265330", body: `{"test": 2432232314}`,
			signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		},
		"v1a by OpenSSL": {
			key: "whsk_XDoAvOWynQoPygic+Lnv7LY9ndoGCuulprksC9llqKI=", public: "whpk_mJlAgYeAYOTyH8lcVDg7WOiqNYg/ynYqnxFdpRdOKIU=",
			id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", at: "1674087231", body: `{"type":"order.placed","data":{"id":42}}`,
			signature: "v1a,Fqi6vUfIsXwn5Xo78vroFWLC0Q6l6UX7FxgmlIUCL1vG49kWDt/JHyt9Td8geLyxQ4k1ZMuP0gxY4s08Y31JCA==",
		},
		"v1a by Node": {
			key: "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", public: "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
			id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: "1614265330", body: `{"test": 2432232314}`,
			signature: "v1a,fldxM4gAKugP6nnt1hdz3sgGfZ6d99nzrMFnZOELIxbzEHoVmAb2ADpkJK7zgPePmPsle0zV9jSeGlHFG2NVAw==",
		},
	} {
		var seconds int64
		if _, err := fmt.Sscan(v.at, &seconds); err != nil {
			t.Fatal(err)
		}
		k, header := key(t, v.key), make(http.Header)
		if err := webhooks.Sign(header, v.id, time.Unix(seconds, 0), []byte(v.body), k); err != nil {
			t.Fatal(err)
		}
		if got := header.Get(webhooks.HeaderSignature); got != v.signature {
			t.Errorf("%s: the signature is %s", name, got)
		}
		if k.Public().Reveal() != v.public {
			t.Errorf("%s: the public key is %s", name, k.Public().Reveal())
		}
		verifies := v.key
		if v.public != "" {
			verifies = v.public
		}
		receiver, err := webhooks.NewVerifier([]string{verifies}, webhooks.Tolerance(time.Since(time.Unix(0, 0))))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := receiver.Verify(header, []byte(v.body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	b64 := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for _, good := range []string{"whsec_" + b64(24), "whsec_" + b64(64), "whsk_" + b64(32), "whpk_" + b64(32)} {
		if _, err := webhooks.ParseKey(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "secret", "whsec_", "whsec_" + b64(23), "whsec_" + b64(65), "whsec_@" + b64(24), "whsk_" + b64(31), "whsk_" + b64(64), "whpk_" + b64(31),
	} {
		if _, err := webhooks.ParseKey(bad); !errors.Is(err, webhooks.ErrKey) || len(bad) > 30 && strings.Contains(err.Error(), bad[6:]) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	secret, pair := webhooks.NewSecret(), webhooks.NewKeyPair()
	for _, k := range []webhooks.Key{secret, pair} {
		hidden, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		told := fmt.Sprintf("%v %+v %#v %s %s", k, k, k, k, hidden)
		if strings.Contains(told, k.Reveal()[8:]) || strings.Contains(told, "[]byte") {
			t.Errorf("a secret is told: %s", told)
		}
		if again := key(t, k.Reveal()); again.Reveal() != k.Reveal() {
			t.Error("a key is not read as it was written")
		}
	}
	if err := webhooks.Sign(make(http.Header), "msg", time.Now(), nil, pair.Public()); err == nil {
		t.Error("a public key signs")
	}
	if err := webhooks.Sign(make(http.Header), "msg", time.Now(), nil); err == nil {
		t.Error("no key signs")
	}
	if err := webhooks.Sign(make(http.Header), "msg.1", time.Now(), nil, secret); err == nil {
		t.Error("an id with a point is signed")
	}
}
