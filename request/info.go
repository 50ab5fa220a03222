package request

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// Tenant is the customer that a request belongs to: 1 to 63 letters, digits, _ and -, beginning with a letter or digit.
// The empty tenant means none.
type Tenant string

// Principal is who asks: a user's or a service's name, at most 256 visible characters.
type Principal string

// Shard is where this process handles the request.
type Shard struct {
	// Group is the partition group, empty where no shard is concerned.
	Group string
	// ID is the partition number.
	ID int32
	// Node is this process's name within the group.
	Node string
	// Leader says whether this process owns the shard.
	Leader bool
}

// Info is what is known of the request that a context serves.
type Info struct {
	Tenant    Tenant
	Principal Principal
	Roles     Roles `json:",omitempty"`
	// Session names what the principal's credentials belong to, at most 128 visible characters, such as the sid of OpenID Connect. It is written to
	// records and is no secret: never a cookie's value, or what else a session could be taken over by.
	Session string `json:",omitempty"`
	// ID names the request in logs, at most 128 visible characters.
	ID string
	// Locale is a BCP 47 language tag, at most 35 characters.
	Locale string
	Shard  Shard
}

type infoKey struct{}

// With returns a context that serves the request.
func With(ctx context.Context, info Info) context.Context { return &carrying{ctx, info} }

// carrying is a context with an Info: one piece of memory, where context.WithValue takes two.
type carrying struct {
	context.Context //nolint:containedctx // it is one

	info Info
}

func (c *carrying) Value(key any) any {
	if _, asked := key.(infoKey); asked {
		return &c.info
	}
	return c.Context.Value(key)
}

// From returns what is known of the request; the zero Info when nothing is.
func From(ctx context.Context) Info {
	if info, has := ctx.Value(infoKey{}).(*Info); has {
		return *info
	}
	return Info{}
}

// NewID returns a new unguessable request id.
func NewID() string { return rand.Text() }

// ErrInvalid is found in the error of an Info that breaks a limit.
var ErrInvalid = errors.New("request: invalid")

// Validate says which value breaks its limit, or nil. Empty values are valid.
func (i Info) Validate() error {
	for _, field := range [...]struct {
		name, value, pattern string
		least, most          int
		allowed              func(at int, c byte) bool
	}{
		{"tenant", string(i.Tenant), `[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}`, 1, 63, func(at int, c byte) bool {
			return alphanumeric(c) || at > 0 && (c == '_' || c == '-')
		}},
		{"principal", string(i.Principal), `[\x21-\x7e]{1,256}`, 1, 256, visible},
		{"session", i.Session, `[\x21-\x7e]{1,128}`, 1, 128, visible},
		{"request id", i.ID, `[\x21-\x7e]{1,128}`, 1, 128, visible},
		{"locale", i.Locale, `[a-zA-Z0-9-]{2,35}`, 2, 35, func(_ int, c byte) bool {
			return alphanumeric(c) || c == '-'
		}},
	} {
		valid := field.value == "" || len(field.value) >= field.least && len(field.value) <= field.most
		for at := 0; valid && at < len(field.value); at++ {
			valid = field.allowed(at, field.value[at])
		}
		if !valid {
			return fmt.Errorf("%w: %s must match ^%s$", ErrInvalid, field.name, field.pattern)
		}
	}
	if !i.Roles.valid() {
		return rolesInvalid()
	}
	return nil
}

func visible(_ int, c byte) bool { return '!' <= c && c <= '~' }

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
