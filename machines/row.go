package machines

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// row is an instance as it is stored.
type row[S ~string, D any] struct {
	Of      int       `json:"of"` // the machine's version
	State   S         `json:"state"`
	Data    D         `json:"data"`
	Version int64     `json:"version"`
	Entered time.Time `json:"entered"`
	Seen    []string  `json:"seen,omitempty"` // the last events
}

// seenEvents is how many events an instance remembers, so that one that is published twice happens once.
const seenEvents = 16

func (r *row[S, D]) saw(id string) bool { return id != "" && slices.Contains(r.Seen, id) }

func (r *row[S, D]) see(id string) {
	if id == "" {
		return
	}
	if len(r.Seen) == seenEvents {
		r.Seen = slices.Delete(r.Seen, 0, 1)
	}
	r.Seen = append(r.Seen, id)
}

// rowCodec reads what older versions of the machine have stored.
type rowCodec[S ~string, D any] struct {
	bus.Codec[row[S, D]]

	version int
	upgrade func(from int, stored Stored) (Stored, error)
}

func (c rowCodec[S, D]) Decode(b []byte) (row[S, D], error) {
	var head struct {
		Of      int             `json:"of"`
		State   string          `json:"state"`
		Data    json.RawMessage `json:"data"`
		Version int64           `json:"version"`
		Entered time.Time       `json:"entered"`
		Seen    []string        `json:"seen"`
	}
	r, failed := c.Codec.Decode(b)
	if failed == nil && r.Of == c.version {
		return r, nil
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return r, fmt.Errorf("an instance: %w", err)
	}
	if head.Of == c.version {
		return r, fmt.Errorf("an instance: %w", failed)
	}
	if head.Of > c.version {
		return r, fmt.Errorf("an instance was stored by version %d of its machine, which is of version %d here", head.Of, c.version)
	}
	stored := Stored{State: head.State, Data: head.Data}
	for from := head.Of; from < c.version; from++ {
		var err error
		if stored, err = c.upgrade(from, stored); err != nil {
			return r, fmt.Errorf("an instance of version %d of its machine: %w", from, err)
		}
	}
	r = row[S, D]{Of: c.version, State: S(stored.State), Version: head.Version, Entered: head.Entered, Seen: head.Seen}
	if err := json.Unmarshal(stored.Data, &r.Data); err != nil {
		return r, fmt.Errorf("an instance's upgraded data: %w", err)
	}
	return r, nil
}

// A row's key is the tenant, which has no slash in it, a slash, and the instance's id.
func rowKey(tenant request.Tenant, id string) string { return string(tenant) + "/" + id }

func parseKey(key string) (tenant request.Tenant, id string) {
	head, id, _ := strings.Cut(key, "/")
	return request.Tenant(head), id
}
