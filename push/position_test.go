package push

import "testing"

func FuzzParsePosition(f *testing.F) {
	f.Add("1a2b-0.5-1.z")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePosition(text)
		if err != nil {
			return
		}
		again, err := parsePosition(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("%q became %q, %v", text, p.String(), err)
		}
	})
}
