package admin_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/httpapi/admin"
)

// TestRefusalsAreBounded lets one without the role try for a while, beside one who does something now and then.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &house{lamps: []lamp{{id: "a", tenant: "acme", lit: true}}}
		log := &paper{}
		c := open(t, log, admin.Actors("operator"), sections(t, h.spec()))
		attempt := func(badge string, times int) {
			t.Helper()
			for range times {
				if got := ask(t, c, badge, "POST", toLight, `{"reason":"x"}`); got.status != 403 && got.status != 409 {
					t.Fatalf("%d %s", got.status, got.body)
				}
			}
		}
		const bob = "bob.acme.viewer"
		attempt(bob, 500)
		attempt("bob.beta.viewer", 3) // another one of the same name
		attempt(olga, 5)
		if got := log.String(); strings.Count(got, "refused bob/acme") != 20 || strings.Count(got, "refused bob/beta") != 3 ||
			strings.Count(got, "refused olga/") != 5 {
			t.Errorf("the audit has\n%s", got)
		}
		<-time.After(61 * time.Second)
		attempt(bob, 1)
		omitted := func() (said string) {
			for _, e := range log.entries {
				if e.Omitted > 0 {
					said += fmt.Sprintf("%s/%s %s %d, ", e.Principal, e.Tenant, e.Outcome, e.Omitted)
				}
			}
			return said
		}
		if got := omitted(); got != "bob/acme refused 480, " || !strings.Contains(log.String(), "480 more refused attempts since") {
			t.Errorf("the audit has %s", got)
		}
		attempt(bob, 30)
		c.Drain()
		if got := omitted(); got != "bob/acme refused 480, bob/acme refused 11, " {
			t.Errorf("at the end the audit has %s", got)
		}
		log.entries = nil
		for i := range 1500 {
			attempt(fmt.Sprintf("bot-%d.acme.viewer", i), 1)
		}
		c.Drain()
		total := 0
		for _, e := range log.entries {
			total += max(e.Omitted, 1)
		}
		if len(log.entries) > 1100 || total != 1500 {
			t.Errorf("of 1500 principals' attempts the audit has %d entries, for %d", len(log.entries), total)
		}
	})
}
