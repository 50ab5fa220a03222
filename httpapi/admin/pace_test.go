package admin_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/httpapi/admin"
)

// TestNobodyHoldsOthersRows lets an operator of another tenant ask for a row at the moment at which its own operator does.
func TestNobodyHoldsOthersRows(t *testing.T) {
	t.Parallel()
	for _, looked := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &slow{house: house{lamps: []lamp{{id: "a", tenant: "acme"}}}}
			spec := s.spec()
			spec.Read = s.read
			c := open(t, &paper{}, admin.Actors("operator"), sections(t, spec))
			if looked {
				ask(t, c, olga, "GET", "/api/lamps", "")
			}
			s.takes.Store(int64(time.Second))
			var asking sync.WaitGroup
			for _, one := range []struct {
				badge string
				want  int
			}{{"bob.beta.operator", 404}, {"ann.acme.operator", 200}} {
				asking.Go(func() {
					if got := ask(t, c, one.badge, "POST", toLight, `{"reason":"dark"}`); got.status != one.want {
						t.Errorf("%s: %d %s, want %d", one.badge, got.status, got.body, one.want)
					}
				})
				synctest.Wait()
			}
			asking.Wait()
		})
	}
}

// TestRowsChangeHands gives a row to another tenant between the look at it and its judgement.
func TestRowsChangeHands(t *testing.T) {
	t.Parallel()
	h := &house{lamps: []lamp{{id: "a", tenant: "acme"}}}
	c := open(t, &paper{}, admin.Actors("operator"), sections(t, h.spec()))
	ask(t, c, olga, "GET", "/api/lamps", "")
	h.set(lamp{id: "a", tenant: "beta"})
	if got := ask(t, c, olga, "POST", toLight, `{"reason":"dark"}`); got.status != 412 || h.log.Len() > 0 {
		t.Errorf("%d %s, done: %s", got.status, got.body, h.log.String())
	}
}

// TestAttemptsAreBounded asks for more than is judged within a minute.
func TestAttemptsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &house{lamps: []lamp{{id: "a", tenant: "acme", lit: true}}}
		c := open(t, &paper{}, admin.Actors("operator"), admin.Attempts(3), sections(t, h.spec()))
		attempt := func(badge string) reply { return ask(t, c, badge, "POST", toLight, `{"reason":"x"}`) }
		const ann = "ann.acme.operator"
		for range 5 {
			if got := attempt("ann.acme.viewer"); got.status != 403 { // what roles forbid is not judged
				t.Errorf("without the role: %d %s", got.status, got.body)
			}
		}
		for range 3 {
			if got := attempt(ann); got.status != 409 {
				t.Errorf("%d %s", got.status, got.body)
			}
		}
		<-time.After(20500 * time.Millisecond)
		reads := h.count()
		got := attempt(ann)
		after, err := strconv.Atoi(got.header.Get("Retry-After"))
		if got.status != 429 || err != nil || after != 40 || h.count() != reads {
			t.Errorf("one more: %d %s after %q, read %d times", got.status, got.body, got.header.Get("Retry-After"), h.count()-reads)
		}
		for badge, want := range map[string]int{"ann.beta.operator": 404, "bob.acme.operator": 409, olga: 409} {
			if got := attempt(badge); got.status != want {
				t.Errorf("%s: %d %s", badge, got.status, got.body)
			}
		}
		<-time.After(time.Duration(after) * time.Second)
		if got := attempt(ann); got.status != 409 {
			t.Errorf("after it: %d %s", got.status, got.body)
		}
		for i := range 3000 {
			attempt("bot-" + strconv.Itoa(i) + ".acme.operator")
		}
		if got := attempt("bot-3000.acme.operator"); got.status != 429 {
			t.Errorf("one of very many: %d %s", got.status, got.body)
		}
	})
}

// TestTenantsHoldTheirOwn has rows of one name in two tenants: each operator does something with its own, at the same time.
func TestTenantsHoldTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &house{lamps: []lamp{{id: "a", tenant: "acme"}, {id: "a", tenant: "beta"}}}
		spec := h.spec()
		spec.Actions[0].Do = func(context.Context, lamp, string) (string, error) {
			<-time.After(time.Minute / 2)
			return "lit", nil
		}
		c := open(t, &paper{}, admin.Actors("operator"), sections(t, spec))
		var asking sync.WaitGroup
		for _, badge := range []string{"ann.acme.operator", "bob.beta.operator"} {
			asking.Go(func() {
				if got := ask(t, c, badge, "POST", toLight, `{"reason":"dark"}`); got.status != 200 {
					t.Errorf("%s: %d %s", badge, got.status, got.body)
				}
			})
		}
		asking.Wait()
	})
}
