package bearer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

// naming is by which claims a provider says who somebody is. The name of one within others has dots between them.
type naming struct {
	principal, tenant, roles, session string
	ours                              map[string]string // roles by the provider's names; nil for its own
}

// identity is whom claims are of.
func (n *naming) identity(claims jwt.MapClaims) (who httpapi.Identity, err error) {
	text := func(name string) string {
		value := claimed(claims, name)
		said, is := value.(string)
		if value != nil && !is {
			err = fmt.Errorf("the token's claim %s is no text", name)
		}
		return said
	}
	who.Principal, who.Session = request.Principal(text(n.principal)), text(n.session)
	if n.tenant != "" {
		who.Tenant = request.Tenant(text(n.tenant))
	}
	if err == nil && who.Principal == "" {
		err = fmt.Errorf("the token has no claim %s", n.principal)
	}
	roles, errRoles := n.granted(claims)
	if err == nil {
		err = errRoles
	}
	who.Roles = roles
	return who, err
}

// granted are the roles: a list, or words with spaces between them.
func (n *naming) granted(claims jwt.MapClaims) ([]string, error) {
	var roles []string
	switch said := claimed(claims, n.roles).(type) {
	case nil:
	case string:
		roles = strings.Fields(said)
	case []any:
		for _, one := range said {
			role, is := one.(string)
			if !is {
				return nil, fmt.Errorf("the token's claim %s is no list of names", n.roles)
			}
			roles = append(roles, role)
		}
	default:
		return nil, fmt.Errorf("the token's claim %s is no list of names", n.roles)
	}
	if n.ours == nil {
		return roles, nil
	}
	var own []string
	for _, role := range roles {
		if ours, taken := n.ours[role]; taken && !slices.Contains(own, ours) {
			own = append(own, ours)
		}
	}
	return own, nil
}

// claimed finds a claim by its name, or by the names of those around it: names may have dots themselves, such as
// "https://shop.example/roles". One that is null is not there.
func claimed(claims map[string]any, path string) any {
	if value := claims[path]; value != nil {
		return value
	}
	for at, c := range path {
		if c != '.' {
			continue
		}
		if within, is := claims[path[:at]].(map[string]any); is {
			if value := claimed(within, path[at+1:]); value != nil {
				return value
			}
		}
	}
	return nil
}
