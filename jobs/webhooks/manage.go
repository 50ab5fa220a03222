package webhooks

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// What is found in errors of calls that are refused.
var (
	// ErrNoEndpoint: the context's tenant has no such endpoint.
	ErrNoEndpoint = errors.New("webhooks: there is no such endpoint")
	// ErrExists: the tenant has an endpoint of that id.
	ErrExists = errors.New("webhooks: there is an endpoint of that id")
	// ErrTooMany: the tenant has as many endpoints as it may, or a test is made in vain since too many are under way or the node stops.
	ErrTooMany = errors.New("webhooks: there are too many")
	// ErrSettings: the settings of an endpoint are refused.
	ErrSettings = errors.New("webhooks: settings are refused")
)

// Codes of refusals.
const (
	codeNoEndpoint = "no-endpoint"
	codeExists     = "exists"
	codeTooMany    = "too-many"
	codeSettings   = "settings"
)

// order is a change of a tenant's endpoint.
type order struct {
	Do       string         `json:"do"`
	Tenant   request.Tenant `json:"tenant,omitempty"`
	ID       string         `json:"id"`
	Settings Settings       `json:"settings"`
	Kept     bool           `json:"kept,omitempty"` // headers stay as they were
	Headers  sealed         `json:"headers"`
	Names    []string       `json:"names,omitempty"`
	Secret   sealed         `json:"secret"`
	Public   string         `json:"public,omitempty"`
	Overlap  time.Duration  `json:"overlap,omitempty"`
	Reason   string         `json:"reason,omitempty"`
}

const (
	doCreate  = "create"
	doUpdate  = "update"
	doDelete  = "delete"
	doRotate  = "rotate"
	doEnable  = "enable"
	doDisable = "disable"
)

const newID = 12

// Create makes an endpoint of the context's tenant, and returns it with its key, which is told this once: [Key.Reveal] for V1, and
// [Key.Public] for V1a are what the receiver is given. The id is 1 to 64 of the characters a-z A-Z 0-9 _ -, never that of an endpoint
// that was deleted; it is random where it is empty. An error of class indefinite says that the endpoint may have been made.
func (h *Hooks) Create(ctx context.Context, g partitions.Asked, id string, s Settings) (Endpoint, Key, error) {
	if id == "" {
		id = "ep_" + hex.EncodeToString(random(newID))
	}
	if s.Scheme == "" {
		s.Scheme = V1
	}
	if err := h.acceptable(s); err != nil {
		return Endpoint{}, Key{}, err
	}
	o := h.order(ctx, doCreate, id)
	key := newKey(s.Scheme)
	at := endpointKey(o.Tenant, id)
	o.Settings, o.Secret, o.Public = s, h.seal(at, []byte(key.Reveal())), key.Public().Reveal()
	o.Headers, o.Names = h.sealHeaders(at, s.Headers)
	e, err := h.call(ctx, g, o)
	if err != nil {
		return Endpoint{}, Key{}, err
	}
	return e, key, nil
}

func newKey(s Scheme) Key {
	if s == V1a {
		return NewKeyPair()
	}
	return NewSecret()
}

// Update gives an endpoint other settings, which take the place of all that it had. Attempts that follow go by them.
func (h *Hooks) Update(ctx context.Context, g partitions.Asked, id string, s Settings) (Endpoint, error) {
	if s.Scheme == "" {
		s.Scheme = V1 // it is that of the endpoint, whatever is said
	}
	if err := h.acceptable(s); err != nil {
		return Endpoint{}, err
	}
	o := h.order(ctx, doUpdate, id)
	o.Settings, o.Kept = s, s.Headers == nil
	o.Headers, o.Names = h.sealHeaders(endpointKey(o.Tenant, id), s.Headers)
	return h.call(ctx, g, o)
}

// Delete removes an endpoint, and all that waits for it.
func (h *Hooks) Delete(ctx context.Context, g partitions.Asked, id string) error {
	_, err := h.call(ctx, g, h.order(ctx, doDelete, id))
	return err
}

const maxOverlap = 30 * day

// Rotate gives an endpoint another key, which is told this once. Attempts are signed with the old one too until overlap has passed, also
// those of deliveries that were tried before: 0, which ends the old key at once, to 30 days.
func (h *Hooks) Rotate(ctx context.Context, g partitions.Asked, id string, overlap time.Duration) (Key, error) {
	if overlap < 0 || overlap > maxOverlap {
		return Key{}, resilience.Permanent(fmt.Errorf("%w: the overlap %s must be 0 to %s", ErrSettings, overlap, maxOverlap))
	}
	e, err := h.Endpoint(ctx, g, id)
	if err != nil {
		return Key{}, err
	}
	o := h.order(ctx, doRotate, id)
	key := newKey(e.Scheme)
	o.Secret, o.Public, o.Overlap = h.seal(endpointKey(o.Tenant, id), []byte(key.Reveal())), key.Public().Reveal(), overlap
	if _, err := h.call(ctx, g, o); err != nil {
		return Key{}, err
	}
	return key, nil
}

// Enable lets an endpoint be told of events again: of what waits for it, and of what happens from now on. What happened meanwhile is
// told by [Hooks.Replay].
func (h *Hooks) Enable(ctx context.Context, g partitions.Asked, id string) (Endpoint, error) {
	return h.call(ctx, g, h.order(ctx, doEnable, id))
}

// Disable lets an endpoint be told of nothing. What waits for it goes on waiting.
func (h *Hooks) Disable(ctx context.Context, g partitions.Asked, id, reason string) (Endpoint, error) {
	o := h.order(ctx, doDisable, id)
	o.Reason = legible([]byte(reason[:min(len(reason), maxDescription)]))
	return h.call(ctx, g, o)
}

func (h *Hooks) order(ctx context.Context, do, id string) order {
	return order{Do: do, Tenant: request.From(ctx).Tenant, ID: id}
}

func (h *Hooks) acceptable(s Settings) error {
	if h.err != nil {
		return resilience.Permanent(h.err)
	}
	if err := s.check(h.guard); err != nil {
		return resilience.Permanent(fmt.Errorf("%w: %w", ErrSettings, err))
	}
	return nil
}

func (h *Hooks) call(ctx context.Context, g partitions.Asked, o order) (Endpoint, error) {
	return ask(ctx, g, h, h.manage, o)
}

// ask asks, and takes refusals for what they are.
func ask[In, Out any](ctx context.Context, g partitions.Asked, h *Hooks, c *partitions.Command[In, Out], in In) (Out, error) {
	var none Out
	if h.err != nil {
		return none, resilience.Permanent(h.err)
	}
	out, err := partitions.Ask(ctx, g, c, in)
	if refused, is := errors.AsType[*partitions.AskError](err); is {
		for code, known := range map[string]error{
			codeNoEndpoint: ErrNoEndpoint, codeExists: ErrExists, codeTooMany: ErrTooMany, codeSettings: ErrSettings,
		} {
			if refused.Code == code {
				return none, resilience.Permanent(fmt.Errorf("%w: %s", known, refused.Message))
			}
		}
	}
	if err != nil {
		return none, fmt.Errorf("webhooks: %s: %w", h.name, err)
	}
	return out, nil
}
