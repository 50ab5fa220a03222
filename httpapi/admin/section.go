package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/millrace/millrace/request"
)

// Spec says what a section of the console is. Rows are read all at once and kept for a moment for all viewers; search, filters, order and
// pages are made of them here.
type Spec[Row any] struct {
	// Name is in the API and in links: letters, digits and hyphens in lower case. Title is its heading, About a sentence below it.
	Name, Title, About string
	// Columns are shown in this order. Order is the one that rows are sorted by at first, with a "-" before it for the largest first; by
	// default it is the first column.
	Columns []Column[Row]
	Order   string
	// ID names a row among all others of the section.
	ID func(Row) string
	// Tenant says whose a row is. Viewers of a tenant see its rows alone, and nothing of a section that does not say it.
	Tenant func(Row) request.Tenant
	// Read reads all rows. It may return rows and an error: they are shown then, with the error. It is not called twice at once.
	Read func(context.Context) ([]Row, error)
	// Every is how often it is read while somebody looks, 2 seconds by default. Reading takes no more than a tenth of the time, so what
	// takes long is read less often.
	Every time.Duration
	// Facts are a few words on all rows, for the overview. It may be nil.
	Facts func([]Row) []Fact
	// Show is what there is to know of one row beside its columns. It may be nil.
	Show func(context.Context, Row) (Details, error)
	// Actions are what can be done with a row.
	Actions []Action[Row]
}

// Section is a page of the console. See [NewSection].
type Section struct{ of served }

// served is a section whatever its rows are.
type served interface {
	about() *about
	read(ctx context.Context) *snapshot
}

// about is what a client knows of a section.
type about struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	About   string   `json:"about,omitempty"`
	Order   string   `json:"order"`
	Columns []head   `json:"columns"`
	Actions []offer  `json:"actions"`
	Shows   bool     `json:"shows"`
	tenants bool     // rows have tenants
	every   duration // how often it is read
}

type duration = time.Duration

// mostRows bounds what is kept of a section.
const mostRows = 50_000

const (
	usualEvery = 2 * time.Second
	leastEvery = 100 * time.Millisecond
)

var (
	sectionName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	columnName  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	reserved    = []string{"sections", "live", "session", "page"} //nolint:gochecknoglobals // constant
)

type section[Row any] struct {
	spec Spec[Row]
	what about
}

// NewSection makes a section. Its error says what of the spec is missing.
func NewSection[Row any](spec Spec[Row]) (Section, error) {
	s := &section[Row]{spec: spec, what: about{
		Name: spec.Name, Title: spec.Title, About: spec.About, Order: spec.Order, Columns: heads(spec.Columns), Actions: []offer{},
		Shows: spec.Show != nil, tenants: spec.Tenant != nil, every: spec.Every,
	}}
	if s.what.every == 0 {
		s.what.every = usualEvery
	}
	if s.what.Order == "" && len(spec.Columns) > 0 {
		s.what.Order = spec.Columns[0].name
	}
	var errs []error
	if !sectionName.MatchString(spec.Name) || slices.Contains(reserved, spec.Name) || spec.Title == "" {
		errs = append(errs, errors.New("it needs a title, and a name of letters, digits and hyphens that the API does not use itself"))
	}
	if spec.ID == nil || spec.Read == nil || s.what.every < leastEvery {
		errs = append(errs, errors.New("it needs ID and Read, and an Every of 100 ms or more"))
	}
	errs = append(errs, s.checkColumns(), s.checkActions())
	if err := errors.Join(errs...); err != nil {
		return Section{}, fmt.Errorf("admin: section %q: %w", spec.Name, err)
	}
	return Section{s}, nil
}

func (s *section[Row]) checkColumns() error {
	seen := map[string]bool{}
	for _, c := range s.what.Columns {
		if !columnName.MatchString(c.Name) || c.Title == "" || seen[c.Name] {
			return fmt.Errorf("column %q needs a title, and a name of its own, of letters, digits and underscores", c.Name)
		}
		seen[c.Name] = true
	}
	if _, _, err := s.what.order(s.what.Order); err != nil {
		return errors.New("it needs columns, and its Order must be one of them")
	}
	return nil
}

// order finds the column that rows are sorted by.
func (a *about) order(text string) (column int, descending bool, err error) {
	name := text
	if len(text) > 0 && text[0] == '-' {
		name, descending = text[1:], true
	}
	column = slices.IndexFunc(a.Columns, func(c head) bool { return c.Name == name })
	if column < 0 {
		return 0, false, fmt.Errorf("there is no column %q", name)
	}
	return column, descending, nil
}

func (s *section[Row]) about() *about { return &s.what }

func marshal[T any](value T) ([]byte, error) {
	return json.Marshal(value) //nolint:wrapcheck // of texts and numbers
}
