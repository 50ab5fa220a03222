package push

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// Problem is an error that clients are told of, as RFC 9457 says: as the answer to a request, or as the data of a JSON-RPC error. The code of
// that comes from the status: 403 is -32003, as all from 400 to 449 are -32000 less what is beyond 400, and 503 is -32053, as all from 500 to 549
// are -32050 less what is beyond 500.
type Problem struct { //nolint:errname // it is what RFC 9457 calls it
	// Type is a URI reference that names the kind of problem, "about:blank" where it is empty.
	Type string `json:"type"`
	// Title is a short text for the kind, the status's where it is empty.
	Title string `json:"title"`
	// Status is that of HTTP, 500 where it is none.
	Status int `json:"status"`
	// Detail is a text for this case.
	Detail string `json:"detail,omitempty"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d: %s", p.Status, p.Detail) }

// whole is the problem with what is left out.
func (p *Problem) whole() Problem {
	full := *p
	if full.Type == "" {
		full.Type = "about:blank"
	}
	if full.Status < http.StatusBadRequest || full.Status > 599 {
		full.Status = http.StatusInternalServerError
	}
	if full.Title == "" {
		full.Title = http.StatusText(full.Status)
	}
	return full
}

// Where the codes of statuses are, and how many there are of each kind.
const (
	codeOfClients = -32000
	codeOfServers = -32050
	codesOfKind   = 50
)

// rpc is the problem as an error of JSON-RPC.
func (p *Problem) rpc() *jsonrpc.Error {
	full := p.whole()
	code := codeOfClients - min(full.Status-http.StatusBadRequest, codesOfKind-1)
	if full.Status >= http.StatusInternalServerError {
		code = codeOfServers - min(full.Status-http.StatusInternalServerError, codesOfKind-1)
	}
	data, _ := json.Marshal(full) //nolint:errchkjson // it has nothing that fails
	message := full.Title
	if full.Detail != "" {
		message = full.Detail
	}
	return &jsonrpc.Error{Code: code, Message: message, Data: data}
}
