package admin

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/httpapi"
)

const (
	usualLimit  = 50
	mostLimit   = 500
	mostSearch  = 200
	mostChoices = 50
	// filterPrefix is that of the parameters of a query that name a column and a value.
	filterPrefix = "f."
)

// query is what a viewer asks of a section.
type query struct {
	words      []string
	filters    map[int][]string // by columns
	column     int
	descending bool
	after      *cursor
	limit      int
}

// cursor is the row after which a page begins.
type cursor struct {
	Key key    `json:"k"`
	ID  string `json:"i"`
}

func (c cursor) String() string {
	text, _ := json.Marshal(c) //nolint:errchkjson // of texts and a number
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseQuery(a *about, values url.Values) (query, error) {
	q := query{limit: usualLimit, filters: map[int][]string{}}
	bad := func(parameter, detail string) error {
		return &httpapi.Problem{
			Status: http.StatusBadRequest, Detail: "the query is not understood: " + detail,
			Extensions: []httpapi.Extension{httpapi.Extend("errors", []httpapi.Invalid{{Parameter: parameter, Detail: detail}})},
		}
	}
	for name, given := range values {
		var err error
		switch column, filters := strings.CutPrefix(name, filterPrefix); {
		case filters:
			at := slices.IndexFunc(a.Columns, func(h head) bool { return h.Name == column && h.Filter })
			if at < 0 {
				return q, bad(name, "there is no such filter")
			}
			q.filters[at] = given
		case len(given) > 1:
			return q, bad(name, "give it once")
		case name == "search" && len(given[0]) <= mostSearch:
			q.words = strings.Fields(strings.ToLower(given[0]))
		case name == "search":
			return q, bad(name, fmt.Sprintf("it may have %d bytes", mostSearch))
		case name == "limit":
			q.limit, err = strconv.Atoi(given[0])
			if err != nil || q.limit < 1 || q.limit > mostLimit {
				return q, bad(name, fmt.Sprintf("it must be a number from 1 to %d", mostLimit))
			}
		case name == "cursor" && given[0] == "": // the first page
		case name == "cursor":
			text, err := base64.RawURLEncoding.DecodeString(given[0])
			if err == nil {
				err = json.Unmarshal(text, &q.after)
			}
			if err != nil {
				return q, bad(name, "it must be one that an answer has given")
			}
		case name != "sort":
			return q, bad(name, "there is no such parameter")
		}
	}
	order := values.Get("sort")
	if order == "" {
		order = a.Order
	}
	var err error
	if q.column, q.descending, err = a.order(order); err != nil {
		return q, bad("sort", err.Error())
	}
	return q, nil
}

// meant says whether a row has the words and the values that are asked for.
func (q *query) meant(e *entry) bool {
	for column, values := range q.filters {
		if !slices.Contains(values, e.cells[column].text) {
			return false
		}
	}
	return !slices.ContainsFunc(q.words, func(word string) bool { return !strings.Contains(e.words, word) })
}

// page is a part of the rows, what comes after it, and how many there are in all.
func (q *query) page(rows []entry) (page []entry, next string, matched int) {
	found := make([]entry, 0, len(rows))
	for i := range rows {
		if q.meant(&rows[i]) {
			found = append(found, rows[i])
		}
	}
	slices.SortFunc(found, func(a, b entry) int { return q.compare(q.cursor(&a), q.cursor(&b)) })
	begin := 0
	if q.after != nil {
		begin, _ = slices.BinarySearchFunc(found, *q.after, func(e entry, after cursor) int {
			if q.compare(q.cursor(&e), after) <= 0 {
				return -1
			}
			return 1
		})
	}
	page = found[begin:min(len(found), begin+q.limit)]
	if begin+q.limit < len(found) {
		next = q.cursor(&page[len(page)-1]).String()
	}
	return page, next, len(found)
}

func (q *query) cursor(e *entry) cursor { return cursor{Key: e.cells[q.column].key(), ID: e.id} }

func (q *query) compare(a, b cursor) int {
	if order := compareKeys(a.Key, b.Key, q.descending); order != 0 {
		return order
	}
	return strings.Compare(a.ID, b.ID)
}

// choice is a value that a filter may have, and how many rows have it.
type choice struct {
	Value string `json:"value"`
	Rows  int    `json:"rows"`
}

// choices are those of the columns with filters, the most frequent first.
func choices(a *about, rows []entry) map[string][]choice {
	all := map[string][]choice{}
	for column, h := range a.Columns {
		if !h.Filter {
			continue
		}
		counts := map[string]int{}
		for i := range rows {
			counts[rows[i].cells[column].text]++
		}
		list := make([]choice, 0, len(counts))
		for value, n := range counts {
			list = append(list, choice{value, n})
		}
		slices.SortFunc(list, func(a, b choice) int {
			if a.Rows != b.Rows {
				return b.Rows - a.Rows
			}
			return strings.Compare(a.Value, b.Value)
		})
		all[h.Name] = list[:min(len(list), mostChoices)]
	}
	return all
}
