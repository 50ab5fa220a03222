package webhooks

import (
	"encoding/json"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// delivery is an event on its way to the shard of an endpoint.
type delivery struct {
	Tenant   request.Tenant  `json:"tenant,omitempty"`
	Endpoint string          `json:"endpoint"`
	Event    string          `json:"event"`
	Type     string          `json:"type"`
	Time     time.Time       `json:"time"`
	Body     json.RawMessage `json:"body"`
	// Replay is which replay the event comes by again, and Dead says that it was given up.
	Replay string `json:"replay,omitempty"`
	Dead   bool   `json:"dead,omitempty"`
}

func (d delivery) key() string { return endpointKey(d.Tenant, d.Endpoint) }

// fan sends an event to the endpoints of its tenant that choose it.
func (n *node) fan(tx *partitions.Tx, h happened) error {
	subscriptions, err := n.subscriptionsOf(tx, h.Tenant)
	if err != nil || len(subscriptions) == 0 {
		return err
	}
	body, err := h.Event.body()
	if err != nil {
		return err
	}
	for _, s := range subscriptions {
		if !s.Enabled || !s.wants(h.Event.Type) {
			continue
		}
		tx.Emit(n.delivery.New(delivery{
			Tenant: h.Tenant, Endpoint: s.ID, Event: h.Event.ID, Type: h.Event.Type, Time: h.Event.Time, Body: body,
		}))
	}
	return tx.Err()
}

// maxSubscribed bounds the tenants of a shard whose endpoints are in memory.
const maxSubscribed = 10_000

// subscribed are the endpoints of a tenant as of a version.
type subscribed struct {
	version   string
	endpoints []Endpoint
}

// subscriptionsOf reads the tenant's endpoints anew only where they have changed.
func (n *node) subscriptionsOf(tx *partitions.Tx, tenant request.Tenant) ([]Endpoint, error) {
	row, found := n.tenants.Get(tx, string(tenant))
	if !found || row.Endpoints == 0 {
		return nil, tx.Err()
	}
	d := n.desk(tx)
	n.mu.Lock()
	known, open := d.subscribed[tenant], d.open
	n.mu.Unlock()
	if !open {
		n.committed(tx, func(*desk, *begun) {}) // from then on it goes with its shard
	}
	if known.version == row.Version {
		return known.endpoints, tx.Err()
	}
	known = subscribed{version: row.Version}
	prefix := endpointKey(tenant, "")
	for key, s := range n.subscriptions.Range(tx, prefix) {
		if owner, _ := parseKey(key); owner != tenant {
			break
		}
		known.endpoints = append(known.endpoints, s.Endpoint)
	}
	if err := tx.Err(); err != nil {
		return nil, err
	}
	n.mu.Lock()
	if len(d.subscribed) >= maxSubscribed {
		clear(d.subscribed)
	}
	d.subscribed[tenant] = known
	n.mu.Unlock()
	return known.endpoints, nil
}
