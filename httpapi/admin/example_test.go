package admin_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/admin"
)

// printed is an audit on paper.
type printed struct{}

func (printed) Record(_ context.Context, e admin.Entry) error {
	fmt.Println("audit:", e.Outcome, e.Principal, e.Action, e.Row)
	return nil
}

// A section of parcels, of which those that are lost can be looked for again.
func Example() {
	type parcel struct {
		Number string
		Lost   bool
	}
	parcels := []parcel{{"p-1", false}, {"p-2", true}}
	section, err := admin.NewSection(admin.Spec[parcel]{
		Name: "parcels", Title: "Parcels", ID: func(p parcel) string { return p.Number },
		Read: func(context.Context) ([]parcel, error) { return parcels, nil },
		Columns: []admin.Column[parcel]{
			admin.Code("number", "Number", func(p parcel) string { return p.Number }),
			admin.State("state", "State", func(p parcel) (string, admin.Tone) {
				if p.Lost {
					return "lost", admin.ToneBad
				}
				return "on its way", admin.ToneBusy
			}).Filtered(),
		},
		Actions: []admin.Action[parcel]{{
			Name: "search", Title: "Search", Role: admin.RoleOperator, Confirm: "The depots are asked for the parcel.",
			Do: func(_ context.Context, p parcel, _ string) (string, error) {
				return "the depots look for " + p.Number, nil
			},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	errs, _ := httpapi.NewErrors(slog.Default())
	developer := httpapi.Identity{Principal: "dev", Roles: []string{admin.RoleOperator, admin.RoleAllTenants}}
	console, err := admin.New(errs, admin.Loopback(developer), printed{}, admin.Sections(section), admin.Actors(admin.RoleOperator))
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/console/", http.StripPrefix("/console", console))
	server := httptest.NewServer(mux)
	defer server.Close()

	response, err := http.Post(server.URL+"/console/api/parcels/p-2/search", "application/json", strings.NewReader("{}"))
	if err == nil {
		fmt.Println(response.Status)
		_ = response.Body.Close()
	}
	// Output:
	// audit: asked dev search p-2
	// audit: done dev search p-2
	// 200 OK
}
