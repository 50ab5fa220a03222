package webhooks_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
)

func ExampleVerifier_Handler() {
	secret := webhooks.NewSecret() // which the sender has shown once
	v, err := webhooks.NewVerifier([]string{secret.Reveal()})
	if err != nil {
		fmt.Println(err)
		return
	}
	hooks := v.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received, _ := webhooks.ReceivedFrom(r.Context())
		fmt.Println("received", received.ID)
		w.WriteHeader(http.StatusNoContent)
	}))

	body := `{"type":"order.placed"}`
	r := httptest.NewRequest(http.MethodPost, "/hooks", strings.NewReader(body))
	if err := webhooks.Sign(r.Header, "msg_1", time.Now(), []byte(body), secret); err != nil {
		fmt.Println(err)
		return
	}
	hooks.ServeHTTP(httptest.NewRecorder(), r)
	// Output: received msg_1
}

func ExampleGuard_CheckURL() {
	guard, err := webhooks.NewGuard()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(guard.CheckURL("https://example.com/hooks"))
	fmt.Println(guard.CheckURL("https://169.254.169.254/latest/meta-data"))
	// Output:
	// <nil>
	// webhooks: the target is refused: 169.254.169.254 is special: link-local (RFC 3927)
}
