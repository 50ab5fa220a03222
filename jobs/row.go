package jobs

import (
	"strings"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// row is a job as it is stored. Its value is a list of fields, each with a tag and its length, so that a reader passes over those
// that it does not know. Fields that are zero are left out.
type row struct {
	key       string // the tenant, a slash, and the id: the key of the row
	kind      string
	state     State
	priority  uint8
	attempts  uint64 // that count
	starts    uint64 // all of them
	lost      uint64 // attempts whose nodes have gone
	created   int64  // unix nanoseconds, as all times
	due       int64
	changed   int64
	started   int64
	stamp     uint64 // its place among those that wait
	unique    string
	window    int64
	principal string
	roles     string
	session   string
	request   string
	locale    string
	trace     string
	vendors   string // of the trace
	reason    string
	cancelled bool
	asking    []partitions.Question // who waits for the cancellation
	progress  Progress
	result    []byte
	batch     string  // whose member it is: see headerBatch
	counted   bool    // by its batch
	members   Members // of the batch that it completes
	permit    bool    // its attempt has one: see Limit
	then      []byte  // jobs that come after it: see linked
	given     []byte  // by the job before it
	args      []byte
}

// A row's key is the tenant, which has no slash in it, a slash, and the job's id.
func rowKey(tenant request.Tenant, id string) string { return string(tenant) + "/" + id }

func parseKey(key string) (tenant request.Tenant, id string) {
	head, id, _ := strings.Cut(key, "/")
	return request.Tenant(head), id
}

func at(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}
