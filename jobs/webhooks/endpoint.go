package webhooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/request"
)

// Endpoint is where a tenant wants to be told of events. It has no secrets.
type Endpoint struct {
	ID     string         `json:"id"`
	Tenant request.Tenant `json:"tenant,omitempty"`
	Settings
	// PublicKey is what the receiver verifies with, where the scheme is V1a.
	PublicKey string `json:"public_key,omitempty"`
	// HeaderNames are those of Settings.Headers, whose values are not told.
	HeaderNames []string `json:"header_names,omitempty"`
	Enabled     bool     `json:"enabled"`
	// Disabled is why the endpoint is not enabled.
	Disabled string    `json:"disabled,omitempty"`
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"`
}

// Scheme is how an endpoint's deliveries are signed.
type Scheme string

// The schemes.
const (
	// V1 is HMAC-SHA256: sender and receiver have the same secret.
	V1 Scheme = "v1"
	// V1a is Ed25519: the receiver has a public key.
	V1a Scheme = "v1a"
)

// Settings are what is chosen of an endpoint.
type Settings struct {
	URL         string `json:"url"`
	Description string `json:"description,omitempty"` // 200 bytes at most
	// Types are the events that the endpoint is told of: "order.placed", or "order.*" for all that begin so. None means all of them.
	Types []string `json:"types,omitempty"`
	// Ordered lets deliveries wait until those before them are delivered or dead: one that fails holds up all that follow. It is chosen when
	// the endpoint is made.
	Ordered bool `json:"ordered,omitempty"`
	// Rate is how many attempts a second there are at most, as an average over a second; 0 means no limit.
	Rate int `json:"rate,omitempty"`
	// Scheme is chosen when the endpoint is made: V1 without it.
	Scheme Scheme `json:"scheme,omitempty"`
	// Headers are sent with each attempt. They are stored as secrets are. When an endpoint is updated, nil leaves them as they were.
	Headers map[string]string `json:"-"`
}

const (
	maxDescription = 200
	maxTypes       = 100
	maxRate        = 100_000
	maxHeaders     = 20
	maxHeader      = 2048
)

var (
	endpointPattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)
	filterPattern   = regexp.MustCompile(`^(\*|[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*(\.\*)?)$`)
	headerPattern   = regexp.MustCompile("^[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,100}$")
)

// check says what is wrong with settings, by the guard as far as that can be told.
func (s Settings) check(g *Guard) error {
	var errs []error
	wrong := func(is bool, text string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(text, args...))
		}
	}
	errs = append(errs, g.CheckURL(s.URL))
	wrong(len(s.Description) > maxDescription, "the description is longer than %d bytes", maxDescription)
	wrong(len(s.Types) > maxTypes, "there are more than %d types", maxTypes)
	for _, t := range s.Types {
		wrong(len(t) > maxType || !filterPattern.MatchString(t), "a type must be as \"order.placed\", \"order.*\" or \"*\"")
	}
	wrong(s.Rate < 0 || s.Rate > maxRate, "the rate must be 0 to %d a second", maxRate)
	wrong(s.Scheme != V1 && s.Scheme != V1a, "the scheme must be %s or %s", V1, V1a)
	wrong(len(s.Headers) > maxHeaders, "there are more than %d headers", maxHeaders)
	for name, value := range s.Headers {
		wrong(!headerPattern.MatchString(name) || reserved(name), "the header %q cannot be set", name)
		wrong(len(value) > maxHeader || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }),
			"the header %q must be of visible ASCII characters, %d at most", name, maxHeader)
	}
	return errors.Join(errs...)
}

// reserved says which headers belong to HTTP, or to Standard Webhooks.
func reserved(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "webhook-") || strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "content-") ||
		slices.Contains([]string{
			"host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "accept-encoding", "user-agent",
		}, name)
}

// wants says whether an endpoint chooses events of a type.
func (s Settings) wants(eventType string) bool {
	if len(s.Types) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Types, func(filter string) bool {
		prefix, all := strings.CutSuffix(filter, "*")
		return filter == eventType || all && strings.HasPrefix(eventType, prefix)
	})
}

// sealHeaders seals the values of headers.
func (c *config) sealHeaders(key string, headers map[string]string) (sealed, []string) {
	if len(headers) == 0 {
		return sealed{}, nil
	}
	text, _ := json.Marshal(headers) // of text there always is JSON
	return c.seal(key, text), slices.Sorted(maps.Keys(headers))
}
