package admin_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestPages goes through all pages in every order while rows come and go: those that stay are met once, in order.
func TestPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dice := rand.New(rand.NewPCG(1, 2))
		for _, order := range []string{"", "id", "-id", "watts", "-watts", "state", "-tenant"} {
			h := &house{}
			var stay []lamp
			for i := range 120 {
				stay = append(stay, lamp{id: fmt.Sprintf("stay-%03d", i), watts: dice.Int64N(9), lit: i%3 == 0})
			}
			c := open(t, &paper{}, sections(t, h.spec()))
			var met []string
			for next := ""; ; {
				var passing []lamp
				for range dice.IntN(60) {
					passing = append(passing, lamp{id: fmt.Sprintf("pass-%d", dice.Int()), watts: dice.Int64N(9)})
				}
				h.set(append(passing, stay...)...)
				<-time.After(time.Minute) // virtual: what was read serves no more
				got := ask(t, c, "ann..viewer.all-tenants", "GET", "/api/lamps?limit=7&sort="+order+"&cursor="+url.QueryEscape(next), "")
				if got.status != 200 || len(got.Rows) > 7 || got.Total != len(stay)+len(passing) {
					t.Fatalf("%d %s", got.status, got.body)
				}
				for _, row := range got.Rows {
					if strings.HasPrefix(row.ID, "stay") {
						met = append(met, row.ID)
					}
				}
				if next = got.Next; next == "" {
					break
				}
			}
			slices.Sort(met)
			if len(met) != len(stay) || len(slices.Compact(met)) != len(stay) {
				t.Errorf("%q: met %d of %d rows", order, len(met), len(stay))
			}
		}
	})
}

func TestQueries(t *testing.T) {
	t.Parallel()
	h := &house{lamps: []lamp{
		{id: "desk", tenant: "acme", watts: 10},
		{id: "floor", tenant: "acme", watts: 2, lit: true},
		{id: "wall", tenant: "beta", watts: 100},
		{id: "spare", tenant: "beta"},
	}}
	c := open(t, &paper{}, sections(t, h.spec()))
	for query, want := range map[string]string{
		"":                                   "desk floor spare wall",
		"sort=watts":                         "floor desk wall spare", // numbers are no texts, and nothing comes last
		"sort=-watts":                        "wall desk floor spare",
		"search=ACME+fl":                     "floor",
		"search=%20":                         "desk floor spare wall",
		"search=nothing":                     "",
		"f.state=dark&sort=-id":              "wall spare desk",
		"f.tenant=acme&f.state=dark":         "desk",
		"f.state=dark&f.state=lit&limit=2":   "desk floor",
		"f.tenant=gamma":                     "",
		"cursor=&limit=500":                  "desk floor spare wall",
		"cursor=%25":                         "400",
		"limit=0":                            "400",
		"limit=501":                          "400",
		"limit=many":                         "400",
		"sort=colour":                        "400",
		"f.watts=10":                         "400", // a column without a filter
		"f.colour=red":                       "400",
		"colour=red":                         "400",
		"search=a&search=b":                  "400",
		"search=" + strings.Repeat("x", 201): "400",
	} {
		got := ask(t, c, "ann..viewer.all-tenants", "GET", "/api/lamps?"+query, "")
		if want == "400" {
			if got.status != 400 || !strings.Contains(got.body, `"parameter"`) {
				t.Errorf("%s: %d %s", query, got.status, got.body)
			}
		} else if got.status != 200 || got.ids() != want {
			t.Errorf("%s: %d %q, want %q", query, got.status, got.ids(), want)
		}
	}
	got := ask(t, c, "ann..viewer.all-tenants", "GET", "/api/lamps?f.state=lit", "")
	if got.Matched != 1 || got.Total != 4 || !strings.Contains(got.body, `"state":[{"value":"dark","rows":3},{"value":"lit","rows":1}]`) {
		t.Error(got.body)
	}
}

// TestRest reads a section that is slow: it is left alone nine times as long.
func TestRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &house{}
		spec := h.spec()
		spec.Read = func(ctx context.Context) ([]lamp, error) {
			<-time.After(10 * time.Second) // virtual
			return h.read(ctx)
		}
		c := open(t, &paper{}, sections(t, spec))
		began := time.Now()
		for time.Since(began) < 1000*time.Second {
			ask(t, c, "ann..viewer.all-tenants", "GET", "/api/lamps", "")
			<-time.After(time.Second) // virtual
		}
		if n := h.count(); n < 9 || n > 10 {
			t.Errorf("read %d times of 10 s within 1000 s", n)
		}
	})
}
