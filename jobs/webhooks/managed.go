package webhooks

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// configured is an endpoint as its tenant's shard has it, on its way to its own.
type configured struct {
	Row     endpointRow `json:"row"`
	Deleted bool        `json:"deleted,omitempty"`
}

func (c configured) key() string { return endpointKey(c.Row.Tenant, c.Row.ID) }

// off says that an endpoint's shard has disabled it.
type off struct {
	Tenant  request.Tenant `json:"tenant,omitempty"`
	ID      string         `json:"id"`
	Version int64          `json:"version"` // of the row that it was decided by
	Reason  string         `json:"reason"`
}

func (o off) key() string { return tenantKey(o.Tenant) }

const maxSecrets = 4

func refusal(code, message string) error { return &partitions.AskError{Code: code, Message: message} }

// managed does what is ordered, on the shard of the tenant.
func (h *Hooks) managed(tx *partitions.Tx, o order) (Endpoint, error) {
	if request.From(tx.Context()).Tenant != o.Tenant {
		return Endpoint{}, refusal(codeNoEndpoint, "the order is of another tenant")
	}
	if !h.takes(o.Secret) || !h.takes(o.Headers) {
		return Endpoint{}, refusal(codeSettings, "secrets are sealed here by another key: give it to webhooks.Sealed")
	}
	key := endpointKey(o.Tenant, o.ID)
	row, found := h.subscriptions.Get(tx, key)
	if err := tx.Err(); err != nil {
		return Endpoint{}, err
	}
	if !found && o.Do != doCreate {
		return Endpoint{}, refusal(codeNoEndpoint, "the tenant has no such endpoint")
	}
	kind := ""
	switch o.Do {
	case doCreate:
		var err error
		if row, err = h.created(tx, o, found); err != nil {
			return Endpoint{}, err
		}
		kind = NoticeCreated
	case doUpdate:
		if err := o.Settings.check(h.guard); err != nil {
			return Endpoint{}, refusal(codeSettings, err.Error())
		}
		o.Settings.Scheme, o.Settings.Ordered = row.Scheme, row.Ordered
		row.Settings = o.Settings
		if !o.Kept {
			row.Headers, row.HeaderNames = o.Headers, o.Names
		}
	case doDelete:
		return row.Endpoint, h.removed(tx, row)
	case doRotate:
		row.rotate(o, tx.Now())
		kind = NoticeRotated
	case doEnable:
		row.Enabled, row.Disabled, kind = true, "", NoticeEnabled
	case doDisable:
		row.Enabled, row.Disabled, kind = false, o.Reason, NoticeDisabled
	default:
		return Endpoint{}, refusal(partitions.CodeUnknown, "no such order")
	}
	err := h.put(tx, &row)
	if kind != "" {
		err = errors.Join(err, h.notice(tx, Notice{Kind: kind, Tenant: row.Tenant, Endpoint: row.ID, Reason: row.Disabled}))
	}
	return row.Endpoint, err
}

func (h *Hooks) created(tx *partitions.Tx, o order, found bool) (endpointRow, error) {
	tenant, _ := h.tenants.Get(tx, string(o.Tenant))
	if o.Settings.Scheme == "" {
		o.Settings.Scheme = V1
	}
	err := o.Settings.check(h.guard)
	switch {
	case found:
		return endpointRow{}, refusal(codeExists, "the tenant has an endpoint of that id")
	case !endpointPattern.MatchString(o.ID):
		return endpointRow{}, refusal(codeSettings, "an endpoint's id must be 1 to 64 of the characters a-z A-Z 0-9 _ -")
	case err != nil:
		return endpointRow{}, refusal(codeSettings, err.Error())
	case tenant.Endpoints >= h.maxEndpoints:
		return endpointRow{}, refusal(codeTooMany, "the tenant has as many endpoints as it may")
	}
	h.tenants.Put(tx, string(o.Tenant), tenantRow{Endpoints: tenant.Endpoints + 1})
	return endpointRow{
		Endpoint: Endpoint{
			ID: o.ID, Tenant: o.Tenant, Settings: o.Settings, PublicKey: o.Public, HeaderNames: o.Names,
			Enabled: true, Created: tx.Now(),
		},
		Secrets: []sealedSecret{{Sealed: o.Secret}}, Headers: o.Headers,
	}, nil
}

func (h *Hooks) removed(tx *partitions.Tx, row endpointRow) error {
	h.subscriptions.Delete(tx, endpointKey(row.Tenant, row.ID))
	tenant, _ := h.tenants.Get(tx, string(row.Tenant))
	h.tenants.Put(tx, string(row.Tenant), tenantRow{Version: uuid.NewString(), Endpoints: tenant.Endpoints - 1})
	err := h.notice(tx, Notice{Kind: NoticeDeleted, Tenant: row.Tenant, Endpoint: row.ID})
	gone := endpointRow{Endpoint: Endpoint{ID: row.ID, Tenant: row.Tenant}}
	return errors.Join(err, emit(tx, row.Tenant, h.configured.New(configured{Row: gone, Deleted: true})))
}

// rotate lets older keys sign for a while, until the time that they had if that comes first.
func (r *endpointRow) rotate(o order, now time.Time) {
	secrets := []sealedSecret{{Sealed: o.Secret}}
	for _, s := range r.Secrets {
		until := now.Add(o.Overlap)
		if !s.Until.IsZero() && s.Until.Before(until) {
			until = s.Until
		}
		if until.After(now) && len(secrets) < maxSecrets {
			secrets = append(secrets, sealedSecret{Sealed: s.Sealed, Until: until})
		}
	}
	r.Secrets, r.PublicKey = secrets, o.Public
}

// put stores an endpoint, and sends it to its own shard.
func (h *Hooks) put(tx *partitions.Tx, row *endpointRow) error {
	row.Version++
	row.Changed = tx.Now()
	h.subscriptions.Put(tx, endpointKey(row.Tenant, row.ID), *row)
	tenant, _ := h.tenants.Get(tx, string(row.Tenant))
	h.tenants.Put(tx, string(row.Tenant), tenantRow{Version: uuid.NewString(), Endpoints: tenant.Endpoints})
	return emit(tx, row.Tenant, h.configured.New(configured{Row: *row}))
}

// turnedOff disables an endpoint whose shard has, unless it was changed meanwhile.
func (h *Hooks) turnedOff(tx *partitions.Tx, o off) error {
	row, found := h.subscriptions.Get(tx, endpointKey(o.Tenant, o.ID))
	if found && row.Version == o.Version && row.Enabled {
		row.Enabled, row.Disabled = false, o.Reason
		return h.put(tx, &row)
	}
	return tx.Err()
}

// resealedAtOnce bounds the endpoints that one transaction seals anew.
const resealedAtOnce = 1000

// reseal seals anew what an older key has sealed, some at a time.
func (h *Hooks) reseal(tx *partitions.Tx) error {
	left := resealedAtOnce
	for key, row := range h.subscriptions.Range(tx) {
		stale := h.stale(row.Headers)
		for _, s := range row.Secrets {
			stale = stale || h.stale(s.Sealed)
		}
		if !stale {
			continue
		}
		all := []*sealed{&row.Headers}
		for i := range row.Secrets {
			all = append(all, &row.Secrets[i].Sealed)
		}
		whole := true
		for _, s := range all {
			secret, err := h.open(key, *s)
			if whole = whole && err == nil; whole && len(secret) > 0 {
				*s = h.seal(key, secret)
			}
		}
		if !whole {
			h.logger().Error("webhooks: a secret is sealed by a key that is not among those of webhooks.Sealed", "hooks", h.name, "endpoint", row.ID)
			continue
		}
		if left--; left < 0 {
			tx.Committed(func(b partitions.Beside) { b.Do(h.reseal) })
			break
		}
		if err := h.put(tx, &row); err != nil {
			return err
		}
	}
	return tx.Err()
}
