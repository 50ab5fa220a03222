package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

// line is a row as a client reads it.
type line struct {
	ID     string         `json:"id"`
	Tenant request.Tenant `json:"tenant,omitempty"`
	// Version changes with the row's states. Who sends it with an action as If-Match does nothing with a row that has changed.
	Version string `json:"version"`
	Cells   []cell `json:"cells"`
}

func newLine(e entry) line { return line{e.id, e.tenant, e.version(), e.cells} }

// unreadable is what a viewer is told where a section could not be read.
func unreadable(ctx context.Context, taken *snapshot) error {
	return &httpapi.Problem{Status: http.StatusServiceUnavailable, Detail: told(ctx, taken.err), Header: http.Header{"Retry-After": {"5"}}}
}

// listing is a page of rows.
type listing struct {
	Rows    []line              `json:"rows"`
	Matched int                 `json:"matched"` // on all pages
	Total   int                 `json:"total"`   // without search and filters
	Next    string              `json:"next,omitempty"`
	Choices map[string][]choice `json:"choices"`
	Facts   []Fact              `json:"facts"`
	Read    time.Time           `json:"read"`
	Cut     int                 `json:"cut,omitempty"` // rows that were too many
	Warning string              `json:"warning,omitempty"`
}

// list answers with rows of a section.
func (c *Console) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	s, err := c.section(r)
	if err != nil {
		return err
	}
	if err := c.readable(ctx, s); err != nil {
		return err
	}
	q, err := parseQuery(s.about(), r.URL.Query())
	if err != nil {
		return err
	}
	taken, err := s.now(ctx)
	if err != nil {
		return err
	}
	if taken.err != nil && len(taken.entries) == 0 {
		return unreadable(ctx, taken)
	}
	tenant := httpapi.IdentityOf(ctx).Tenant
	rows := taken.of(tenant)
	page, next, matched := q.page(rows)
	said := listing{
		Rows: make([]line, len(page)), Matched: matched, Total: len(rows), Next: next, Choices: choices(s.about(), rows),
		Facts: taken.facts(tenant), Read: taken.at, Cut: taken.cut,
	}
	if taken.err != nil {
		said.Warning = told(ctx, taken.err)
	}
	for i, e := range page {
		said.Rows[i] = newLine(e)
	}
	return answer(w, said)
}

// shown is all there is to know of a row.
type shown struct {
	line
	Details

	// Can are the actions that its state allows, and Cannot why it does not allow the others.
	Can    []string          `json:"can"`
	Cannot map[string]string `json:"cannot,omitempty"`
	Read   time.Time         `json:"read"`
}

// show answers with one row.
func (c *Console) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	s, err := c.section(r)
	if err != nil {
		return err
	}
	if err := c.readable(ctx, s); err != nil {
		return err
	}
	taken, err := s.now(ctx)
	if err != nil {
		return err
	}
	found, has := taken.find(httpapi.IdentityOf(ctx).Tenant, parameter(r, "id"))
	if !has {
		if taken.err != nil {
			return unreadable(ctx, taken)
		}
		return notFound("there is no such row, or no more")
	}
	details, err := taken.show(ctx, found.at)
	if err != nil {
		return err
	}
	said := shown{line: newLine(found), Details: details, Can: []string{}, Cannot: map[string]string{}, Read: taken.at}
	for i, o := range s.about().Actions {
		if why := taken.may(found.at, i); why != nil {
			said.Cannot[o.Name] = why.Error()
		} else {
			said.Can = append(said.Can, o.Name)
		}
	}
	return answer(w, said)
}
