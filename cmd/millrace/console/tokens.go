package console

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/request"
)

// Tokens know who has which token, by its SHA-256. It is an [httpapi.Authenticator].
type Tokens struct {
	holders map[[sha256.Size]byte]httpapi.Identity
}

var _ httpapi.Authenticator = (*Tokens)(nil)

// ReadTokens reads a file of tokens' digests. A line is a name, roles with commas between them, "sha256:" and 64 hexadecimal digits, and
// the name of the tenant whose rows are seen, or none with the role all-tenants; what begins with # is a comment. Errors name lines and hold
// nothing of them.
func ReadTokens(file io.Reader) (*Tokens, error) {
	t := &Tokens{holders: map[[sha256.Size]byte]httpapi.Identity{}}
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := t.add(words); err != nil {
			return nil, fmt.Errorf("console: tokens: line %d: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("console: tokens: %w", err)
	}
	if len(t.holders) == 0 {
		return nil, errors.New("console: tokens: there is none; `millrace console token NAME` makes one")
	}
	return t, nil
}

const (
	leastWords, mostWords = 3, 4
	digestPrefix          = "sha256:"
)

func (t *Tokens) add(words []string) error {
	if len(words) < leastWords || len(words) > mostWords {
		return errors.New(`it must be "NAME ROLE[,ROLE] sha256:HEX [TENANT]"`)
	}
	who := httpapi.Identity{Principal: request.Principal(words[0]), Roles: strings.Split(words[1], ",")}
	if len(words) == mostWords {
		who.Tenant = request.Tenant(words[3])
	}
	if err := (request.Info{Tenant: who.Tenant, Principal: who.Principal}).Validate(); err != nil {
		return err
	}
	known := []string{admin.RoleViewer, admin.RoleOperator, admin.RoleAllTenants}
	if slices.ContainsFunc(who.Roles, func(role string) bool { return !slices.Contains(known, role) }) {
		return fmt.Errorf("roles are %s", strings.Join(known, ", "))
	}
	if (who.Tenant == "") != slices.Contains(who.Roles, admin.RoleAllTenants) {
		return fmt.Errorf("it must name a tenant, or have the role %s, and not both", admin.RoleAllTenants)
	}
	text, is := strings.CutPrefix(words[2], digestPrefix)
	digest, err := hex.DecodeString(text)
	if !is || err != nil || len(digest) != sha256.Size {
		return errors.New("the digest must be sha256: and 64 hexadecimal digits")
	}
	if _, has := t.holders[[sha256.Size]byte(digest)]; has {
		return errors.New("the token is another line's too")
	}
	t.holders[[sha256.Size]byte(digest)] = who
	return nil
}

// Authenticate says who has the token of Authorization: Bearer.
func (t *Tokens) Authenticate(r *http.Request) (httpapi.Identity, error) {
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return httpapi.Identity{}, httpapi.ErrAnonymous
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	who, known := t.holders[sha256.Sum256([]byte(strings.TrimSpace(token)))]
	if len(given) > 1 || !strings.EqualFold(scheme, "Bearer") || !known {
		return httpapi.Identity{}, &httpapi.Problem{
			Status: http.StatusUnauthorized, Detail: "the token is not known",
			Header: http.Header{"Www-Authenticate": {`Bearer error="invalid_token"`}},
		}
	}
	return who, nil
}

// NewToken makes a token, and its line for the file.
func NewToken(name string, roles []string, tenant string) (token, line string, err error) {
	token = rand.Text() + rand.Text()
	digest := sha256.Sum256([]byte(token))
	words := []string{name, strings.Join(roles, ","), digestPrefix + hex.EncodeToString(digest[:])}
	if tenant != "" {
		words = append(words, tenant)
	}
	if name == "" || strings.ContainsAny(name+tenant, " \t\r\n#") {
		return "", "", errors.New("console: a token needs a name, without spaces")
	}
	if err := (&Tokens{holders: map[[sha256.Size]byte]httpapi.Identity{}}).add(words); err != nil {
		return "", "", fmt.Errorf("console: token: %w", err)
	}
	return token, strings.Join(words, " "), nil
}
