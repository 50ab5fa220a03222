package request

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Roles are names of what a principal may do, which mean something to the application: sorted, each once, with commas between them. A name has 1 to
// 128 visible characters and no comma, and all have 1024 bytes at most. The empty Roles are none. Make them with [NewRoles].
type Roles string

const (
	maxRole  = 128
	maxRoles = 1024
)

// NewRoles sorts names. One that comes twice is one; one that is not valid, and too many, give an error that matches [ErrInvalid] and no roles.
func NewRoles(names ...string) (Roles, error) {
	if len(names) == 0 {
		return "", nil
	}
	for _, name := range names {
		if !validRole(name) { // a comma would make two of it
			return "", rolesInvalid()
		}
	}
	roles := Roles(names[0])
	if len(names) > 1 {
		names = slices.Clone(names)
		slices.Sort(names)
		roles = Roles(strings.Join(slices.Compact(names), ","))
	}
	if len(roles) > maxRoles {
		return "", rolesInvalid()
	}
	return roles, nil
}

// Has says whether the role is one of them.
func (r Roles) Has(role string) bool {
	for name := range r.All() {
		if name == role {
			return true
		}
	}
	return false
}

// All are the names in their order.
func (r Roles) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest, more := string(r), r != ""; more; {
			var name string
			name, rest, more = strings.Cut(rest, ",")
			if !yield(name) {
				return
			}
		}
	}
}

// valid says whether they are as NewRoles makes them.
func (r Roles) valid() bool {
	if len(r) > maxRoles {
		return false
	}
	before := ""
	for name := range r.All() {
		if !validRole(name) || name <= before {
			return false
		}
		before = name
	}
	return true
}

func validRole(name string) bool {
	if name == "" || len(name) > maxRole {
		return false
	}
	for at := range len(name) {
		if c := name[at]; c == ',' || !visible(at, c) {
			return false
		}
	}
	return true
}

func rolesInvalid() error {
	return fmt.Errorf("%w: roles must match ^%s$ each, sorted, %d bytes in all", ErrInvalid, `[\x21-\x2b\x2d-\x7e]{1,128}`, maxRoles)
}
