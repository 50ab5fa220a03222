package push

import (
	"encoding/json"
	"net/http"

	"github.com/millrace/millrace/problem"
	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// Problem is an error that clients are told of, as RFC 9457 says: as the answer to a request, or as the data of a JSON-RPC error. It is httpapi's
// too. The code of a JSON-RPC error comes from the status: 403 is -32003, as all from 400 to 449 are -32000 less what is beyond 400, and 503 is
// -32053, as all from 500 to 549 are -32050 less what is beyond 500.
type Problem = problem.Problem //nolint:errname // it is what RFC 9457 calls it

// Where the codes of statuses are, and how many there are of each kind.
const (
	codeOfClients = -32000
	codeOfServers = -32050
	codesOfKind   = 50
)

// rpc is the problem as an error of JSON-RPC.
func rpc(p *Problem) *jsonrpc.Error {
	full := p.Whole()
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
