package admin

import (
	"net/http"

	"github.com/millrace/millrace/httpapi"
)

// look finds the row among those that the viewer may see, so that nobody holds a row of somebody else.
func (a *attempt) look(r *http.Request) error {
	if last := a.source.before(); last != nil {
		if found, has := last.find(a.entry.Tenant, a.entry.Row); has {
			a.entry.Owner = found.tenant
			return nil
		}
	}
	_, err := a.find(r)
	return err
}

// find reads the section again, and says why the viewer cannot have the row.
func (a *attempt) find(r *http.Request) (entry, error) {
	taken, err := a.source.anew(r.Context())
	if err != nil {
		return entry{}, err
	}
	a.taken = taken
	found, has := taken.find(a.entry.Tenant, a.entry.Row)
	switch {
	case !has && taken.err != nil:
		return entry{}, unreadable(r.Context(), taken)
	case !has && r.Header.Get("If-Match") != "":
		return entry{}, &httpapi.Problem{
			Status: http.StatusPreconditionFailed, Detail: "the row is there no more: somebody or something has dealt with it",
		}
	case !has:
		return entry{}, notFound("there is no such row, or no more")
	}
	a.row, a.entry.Owner = found.at, found.tenant
	return found, nil
}

// judge reads the section again, and says why the row is not such that the action can be done.
func (a *attempt) judge(r *http.Request) error {
	owner := a.entry.Owner
	found, err := a.find(r)
	if err != nil {
		return err
	}
	seen := r.Header.Get("If-Match")
	if found.tenant != owner || seen != "" && seen != "*" && seen != `"`+found.version()+`"` {
		return &httpapi.Problem{
			Status: http.StatusPreconditionFailed, Detail: "the row is not as it was when you looked at it" + found.states() + "; look at it again",
		}
	}
	if err := a.taken.may(a.row, a.action); err != nil {
		return &httpapi.Problem{Status: http.StatusConflict, Detail: err.Error()}
	}
	return nil
}
