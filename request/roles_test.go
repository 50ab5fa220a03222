package request_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/request"
)

// TestRoles makes roles of names, and takes as valid only what is made so.
func TestRoles(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(`^[\x21-\x2b\x2d-\x7e]{1,128}$`)
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.OneOf(
			rapid.SampledFrom([]string{"admin", "clerk", "a", "b", "", "a,b", "ü"}), rapid.StringMatching(`[\x21-\x7e]{0,130}`),
		), 0, 12).Draw(t, "names")
		want := slices.Compact(slices.Sorted(slices.Values(names)))
		valid := !slices.ContainsFunc(want, func(name string) bool { return !pattern.MatchString(name) }) && len(strings.Join(want, ",")) <= 1024
		roles, err := request.NewRoles(names...)
		if valid != (err == nil) || err != nil && (!errors.Is(err, request.ErrInvalid) || roles != "") {
			t.Fatalf("%q: %q %v", names, roles, err)
		}
		if err == nil && (!slices.Equal(slices.Collect(roles.All()), want) || (request.Info{Roles: roles}).Validate() != nil) {
			t.Fatalf("%q became %q", names, roles)
		}
		for _, name := range append(names, "admin") {
			if roles.Has(name) != (err == nil && slices.Contains(want, name)) {
				t.Fatalf("%q has %q: %t", roles, name, roles.Has(name))
			}
		}
	})
	for _, forged := range []string{",", "a,", ",a", "b,a", "a,a", "a b", "a,,b", "a\nb", strings.Repeat("a", 129), strings.Repeat("a,", 600) + "b"} {
		if err := (request.Info{Roles: request.Roles(forged)}).Validate(); !errors.Is(err, request.ErrInvalid) {
			t.Errorf("%q: %v", forged, err)
		}
	}
}

func ExampleNewRoles() {
	roles, err := request.NewRoles("clerk", "admin", "clerk")
	fmt.Println(roles, roles.Has("admin"), roles.Has("adm"), err)
	_, err = request.NewRoles("guest,admin")
	fmt.Println(errors.Is(err, request.ErrInvalid))
	// Output:
	// admin,clerk true false <nil>
	// true
}
