package bus

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/sasl"
)

// bearer is OAUTHBEARER that tells a refused token from a broken answer. A broker says so in a challenge with the reason
// (RFC 7628, 3.2.2), and not with an error code.
type bearer struct{ sasl.Mechanism }

// Authenticate begins a login.
func (b bearer) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	session, first, err := b.Mechanism.Authenticate(ctx, host)
	return bearerSession{session}, first, err //nolint:wrapcheck // the token source says what it is
}

type bearerSession struct{ sasl.Session }

// Challenge takes the broker's answer.
func (s bearerSession) Challenge(answer []byte) (bool, []byte, error) {
	done, next, err := s.Session.Challenge(answer)
	if err != nil && len(answer) > 0 {
		var refused struct {
			Status string `json:"status"`
		}
		_ = json.Unmarshal(answer, &refused) // without a status it is refused all the same
		return false, nil, fmt.Errorf("the token was refused (%q): %w", refused.Status, kerr.SaslAuthenticationFailed)
	}
	return done, next, err //nolint:wrapcheck // it says what it is
}
