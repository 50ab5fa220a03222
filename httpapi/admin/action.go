package admin

import (
	"context"
	"errors"
	"fmt"
	"regexp"
)

// Action is something that can be done with a row.
type Action[Row any] struct {
	// Name is in the API: letters, digits and hyphens in lower case. Title is what a button says, such as "Redrive".
	Name, Title string
	// Role is the one that a viewer needs. It must be among those of [Actors].
	Role string
	// Confirm is what is asked before it is done: what will happen, and whether it can be undone.
	Confirm string
	// Reason says whether a viewer may or must say why.
	Reason Reason
	// Danger says that it cannot be undone.
	Danger bool
	// When returns why the row is not such that it can be done, or nil. It may be nil.
	When func(Row) error
	// Do does it, and says what has become of it. Its context ends after a minute, and not with the request.
	Do func(ctx context.Context, row Row, reason string) (string, error)
}

// Reason is whether a viewer says why.
type Reason string

// Whether a viewer says why.
const (
	ReasonNone     Reason = ""
	ReasonOptional Reason = "optional"
	ReasonRequired Reason = "required"
)

// mostReason is how long a reason may be, in bytes.
const mostReason = 500

// offer is what a client knows of an action.
type offer struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Role    string `json:"role"`
	Confirm string `json:"confirm"`
	Reason  Reason `json:"reason,omitempty"`
	Danger  bool   `json:"danger,omitempty"`
	// Allowed says whether the viewer's roles let it be done.
	Allowed bool `json:"allowed"`
}

var actionName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

func (s *section[Row]) checkActions() error {
	seen := map[string]bool{}
	for _, a := range s.spec.Actions {
		if !actionName.MatchString(a.Name) || seen[a.Name] || a.Title == "" || a.Role == "" || a.Confirm == "" || a.Do == nil {
			return fmt.Errorf("action %q needs a name of its own, of letters, digits and hyphens, and Title, Role, Confirm and Do", a.Name)
		}
		if a.Reason != ReasonNone && a.Reason != ReasonOptional && a.Reason != ReasonRequired {
			return fmt.Errorf("action %q has an unknown Reason %q", a.Name, a.Reason)
		}
		seen[a.Name] = true
		s.what.Actions = append(s.what.Actions, offer{
			Name: a.Name, Title: a.Title, Role: a.Role, Confirm: a.Confirm, Reason: a.Reason, Danger: a.Danger,
		})
	}
	return nil
}

var errPanicked = errors.New("the section panicked; the log has the stack")
