package request

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
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
	// ID names the request in logs, at most 128 visible characters.
	ID string
	// Locale is a BCP 47 language tag, at most 35 characters.
	Locale string
	Shard  Shard
}

type infoKey struct{}

// With returns a context that serves the request.
func With(ctx context.Context, info Info) context.Context {
	return context.WithValue(ctx, infoKey{}, info)
}

// From returns what is known of the request; the zero Info when nothing is.
func From(ctx context.Context) Info {
	info, _ := ctx.Value(infoKey{}).(Info)
	return info
}

// NewID returns a new unguessable request id.
func NewID() string { return rand.Text() }

// ErrInvalid is found in the error of an Info that breaks a limit.
var ErrInvalid = errors.New("request: invalid")

var (
	tenantPattern    = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$`)
	principalPattern = regexp.MustCompile(`^[\x21-\x7e]{1,256}$`)
	idPattern        = regexp.MustCompile(`^[\x21-\x7e]{1,128}$`)
	localePattern    = regexp.MustCompile(`^[a-zA-Z0-9-]{2,35}$`)
)

// Validate says which value breaks its limit, or nil. Empty values are valid.
func (i Info) Validate() error {
	for _, field := range []struct {
		name, value string
		pattern     *regexp.Regexp
	}{
		{"tenant", string(i.Tenant), tenantPattern},
		{"principal", string(i.Principal), principalPattern},
		{"request id", i.ID, idPattern},
		{"locale", i.Locale, localePattern},
	} {
		if field.value != "" && !field.pattern.MatchString(field.value) {
			return fmt.Errorf("%w: %s must match %s", ErrInvalid, field.name, field.pattern)
		}
	}
	return nil
}
