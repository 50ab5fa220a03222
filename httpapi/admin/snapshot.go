package admin

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/request"
)

// snapshot is what a section had at a time.
type snapshot struct {
	entries []entry
	at      time.Time
	took    time.Duration
	cut     int   // rows that were left out
	err     error // what could not be read

	mu       sync.Mutex
	versions map[request.Tenant]string

	facts func(tenant request.Tenant) []Fact
	show  func(ctx context.Context, row int) (Details, error)
	may   func(row, action int) error
	do    func(ctx context.Context, row, action int, reason string) (string, error)
}

// entry is one row.
type entry struct {
	at     int // its place among the rows
	id     string
	tenant request.Tenant
	cells  []cell
	words  string // what a search looks at
}

// read makes a snapshot.
func (s *section[Row]) read(ctx context.Context) *snapshot {
	began := time.Now()
	rows, err := s.spec.Read(ctx)
	taken := &snapshot{at: time.Now(), took: time.Since(began), err: err, cut: max(0, len(rows)-mostRows)}
	rows = rows[:len(rows)-taken.cut]
	taken.entries = make([]entry, len(rows))
	seen := make(map[string]bool, len(rows))
	for i, row := range rows {
		e := entry{at: i, id: s.spec.ID(row), cells: cells(row, s.spec.Columns)}
		if s.spec.Tenant != nil {
			e.tenant = s.spec.Tenant(row)
		}
		e.words = words(e)
		taken.entries[i] = e
		if seen[e.id] && taken.err == nil {
			taken.err = fmt.Errorf("two rows have the id %q", e.id)
		}
		seen[e.id] = true
	}
	s.bind(taken, rows)
	return taken
}

// bind gives a snapshot what is done with its rows.
func (s *section[Row]) bind(taken *snapshot, rows []Row) {
	taken.facts = func(tenant request.Tenant) []Fact {
		if s.spec.Facts == nil {
			return []Fact{}
		}
		own := rows
		if tenant != "" {
			own = nil
			for _, e := range taken.entries {
				if e.tenant == tenant {
					own = append(own, rows[e.at])
				}
			}
		}
		return s.spec.Facts(own)
	}
	taken.show = func(ctx context.Context, row int) (Details, error) {
		if s.spec.Show == nil {
			return Details{}, nil
		}
		return s.spec.Show(owned(ctx, taken.entries[row].tenant), rows[row])
	}
	taken.may = func(row, action int) error {
		if when := s.spec.Actions[action].When; when != nil {
			return when(rows[row])
		}
		return nil
	}
	taken.do = func(ctx context.Context, row, action int, reason string) (string, error) {
		return s.spec.Actions[action].Do(owned(ctx, taken.entries[row].tenant), rows[row], reason)
	}
}

// owned is the context of a request for what a tenant has.
func owned(ctx context.Context, tenant request.Tenant) context.Context {
	info := request.From(ctx)
	info.Tenant = tenant
	return request.With(ctx, info)
}

func words(e entry) string {
	all := []string{e.id, string(e.tenant)}
	for _, c := range e.cells {
		if c.text != "" {
			all = append(all, c.text)
		}
	}
	return strings.ToLower(strings.Join(all, "\n"))
}

// of are the rows of a tenant, or all.
func (s *snapshot) of(tenant request.Tenant) []entry {
	if tenant == "" {
		return s.entries
	}
	var own []entry
	for _, e := range s.entries {
		if e.tenant == tenant {
			own = append(own, e)
		}
	}
	return own
}

// find is a row that a viewer may see.
func (s *snapshot) find(tenant request.Tenant, id string) (entry, bool) {
	for _, e := range s.entries {
		if e.id == id && (tenant == "" || e.tenant == tenant) {
			return e, true
		}
	}
	return entry{}, false
}
