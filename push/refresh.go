package push

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/millrace/millrace/push/internal/jsonrpc"
)

// renewed is the answer to a refresh.
type renewed struct {
	// Expires is when the new grant does, in RFC 3339, empty for never.
	Expires string `json:"expires"`
	// Ended are the channels that it does not allow any more.
	Ended []string `json:"ended"`
}

// verifyLimit is how long a token may take to verify, while nothing else of the connection is read.
const verifyLimit = 10 * time.Second

// refresh gives the connection the grant of a newer token. What it follows and may not any more ends.
func (s *socket) refresh(c *call) error {
	var with struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(c.Params, &with) != nil || with.Token == "" {
		return &paramsError{c.Method}
	}
	if s.hub.settings.verifier == nil {
		return &Problem{Status: http.StatusForbidden, Detail: "the server takes no tokens"}
	}
	ctx, over := context.WithTimeout(s.base, verifyLimit)
	defer over()
	grant, err := s.hub.settings.verifier.Verify(ctx, with.Token)
	if err == nil {
		err = s.hub.valid(grant)
	}
	if err != nil {
		return s.hub.unwelcome(s.base, err)
	}
	if old := s.grant.Load(); old.Tenant != grant.Tenant || old.Principal != grant.Principal {
		return &Problem{Status: http.StatusForbidden, Detail: "the token is somebody else's: connect again with it"}
	}
	s.allow(grant)
	answer := renewed{Ended: s.restrict(grant)}
	if !grant.Expires.IsZero() {
		answer.Expires = grant.Expires.UTC().Format(time.RFC3339)
	}
	c.answer(jsonrpc.Result(c.ID, encode(answer)))
	return nil
}

// restrict ends what the connection follows and its grant does not allow.
func (s *socket) restrict(grant Grant) []string {
	s.guard.Lock()
	var over []follow
	for _, one := range s.follows {
		if one.live && !allows(grant.Subscribe, one.follow) {
			over = append(over, one.follow)
		}
	}
	s.guard.Unlock()
	ended := make([]string, 0, len(over))
	for _, f := range over {
		s.drop(f)
		ended = append(ended, f.String())
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.granted = grant.ID
	if _, revoked := s.hub.revoked.ids[grant.ID]; revoked {
		s.end(whyRevoked)
	}
	s.hub.unwatch(s, slices.DeleteFunc(slices.Clone(s.watches), func(at spot) bool {
		return allows(grant.Present, follow{at.Channel, at.Key})
	})...)
	s.hub.unfollow(&s.client, over...)
	return ended
}
