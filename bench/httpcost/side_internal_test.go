package httpcost

import (
	"net/http"
	"testing"
)

func TestSides(t *testing.T) {
	t.Parallel()
	sides, err := withoutRedis()
	if err != nil || len(sides) != 3 {
		t.Fatalf("%d sides: %v", len(sides), err)
	}
	for _, one := range sides {
		a := answer{header: make(http.Header)}
		one.serve.ServeHTTP(&a, one.ask())
		want := "ann"
		if one.name == "chi" {
			want = ""
		}
		if a.status != http.StatusNoContent || a.header.Get("For") != want {
			t.Errorf("%s: %d for %q", one.name, a.status, a.header.Get("For"))
		}
	}
	if err := Run(t.Context(), []string{"--rounds", "0"}); err == nil {
		t.Error("no rounds are taken")
	}
}
