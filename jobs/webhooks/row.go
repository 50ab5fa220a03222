package webhooks

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/request"
)

// endpointRow is an endpoint as it is stored: on the shard of its tenant, who changes it there, and as a copy on its own.
type endpointRow struct {
	Endpoint

	Version int64          `json:"version"`
	Secrets []sealedSecret `json:"secrets"` // the newest first
	Headers sealed         `json:"headers"`
}

// sealedSecret signs until a time, which is zero for the newest.
type sealedSecret struct {
	Sealed sealed    `json:"sealed"`
	Until  time.Time `json:"until"`
}

// tenantRow says of which version a tenant's endpoints are: each change has a name of its own, also one that is taken back.
type tenantRow struct {
	Version   string `json:"version"`
	Endpoints int    `json:"endpoints"`
}

// stateRow is how an endpoint fares.
type stateRow struct {
	Queued       int       `json:"queued,omitempty"`
	Attempts     int64     `json:"attempts,omitempty"`
	Delivered    int64     `json:"delivered,omitempty"`
	Dead         int64     `json:"dead,omitempty"`
	Forgotten    int64     `json:"forgotten,omitempty"` // of the dead, up to which number none is kept
	Failures     int       `json:"failures,omitempty"`  // since the last success
	Trips        int       `json:"trips,omitempty"`     // of the breaker, since the last success
	FailingSince time.Time `json:"failing_since"`
	HeldUntil    time.Time `json:"held_until"`
	LastSuccess  time.Time `json:"last_success"`
	LastFailure  time.Time `json:"last_failure"`
}

// queuedRow is a delivery that waits.
type queuedRow struct {
	Event  string          `json:"event"`
	Type   string          `json:"type"`
	Time   time.Time       `json:"time"`
	Body   json.RawMessage `json:"body"`
	Seq    int64           `json:"seq"` // the order in which deliveries came
	Due    time.Time       `json:"due"`
	Tries  int             `json:"tries"`
	Replay string          `json:"replay,omitempty"`
}

// seenRow says that an endpoint was told of an event, or is going to be.
type seenRow struct {
	Waits  bool   `json:"waits,omitempty"`
	Replay string `json:"replay,omitempty"` // the last one that the event came by
}

// Rows of an endpoint are keyed "<tenant>/<id>", with "/" and more after it where there are several.
func endpointKey(t request.Tenant, id string) string { return string(t) + "/" + id }

func parseKey(key string) (request.Tenant, string) {
	tenant, id, _ := strings.Cut(key, "/")
	return request.Tenant(tenant), id
}

// queueKey is in the order in which deliveries are to be tried: by when they are due, and at an endpoint with an order as they came.
func queueKey(key string, ordered bool, q queuedRow) string {
	due := int64(0)
	if !ordered {
		due = q.Due.UnixMilli()
	}
	return fmt.Sprintf("%s/%016x%016x", key, due, q.Seq)
}

// within says whether a row is of those under a key.
func within(row, key string) bool {
	return len(row) > len(key) && row[len(key)] == '/' && row[:len(key)] == key
}
