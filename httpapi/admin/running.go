package admin

import (
	"net/http"
	"sync"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

// running are the rows with which something is done now by this process.
type running struct {
	mu   sync.Mutex
	rows map[held]bool
}

// held is a row of a section, and whose it is.
type held struct {
	section, row string
	owner        request.Tenant
}

// enter lets one do something with a row, and refuses the next one until leave is called: who clicks twice does it once.
func (r *running) enter(row held) (leave func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows[row] {
		return nil, &httpapi.Problem{Status: http.StatusConflict, Detail: "something is done with the row at this moment; look at it again"}
	}
	if r.rows == nil {
		r.rows = map[held]bool{}
	}
	r.rows[row] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.rows, row)
	}, nil
}
