package admin

import (
	"net/http"
	"sync"

	"github.com/millrace/millrace/httpapi"
)

// running are the rows with which something is done now by this process.
type running struct {
	mu   sync.Mutex
	rows map[string]bool
}

// enter lets one do something with a row, and refuses the next one until leave is called: who clicks twice does it once.
func (r *running) enter(section, row string) (leave func(), err error) {
	key := section + "/" + row
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows[key] {
		return nil, &httpapi.Problem{Status: http.StatusConflict, Detail: "something is done with the row at this moment; look at it again"}
	}
	if r.rows == nil {
		r.rows = map[string]bool{}
	}
	r.rows[key] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.rows, key)
	}, nil
}
