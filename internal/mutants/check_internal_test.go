package mutants

import (
	"errors"
	"os"
	"testing"
)

// TestLives makes mistakes in a package of one function: one is found, one is not, and one is found by something else.
func TestLives(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"go.mod": "module sum\n\ngo 1.24\n", "sum.go": "package sum\n\nfunc sum(a, b int) int {\n	return a + b\n}\n",
		"sum_test.go": "package sum\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {\n	if sum(2, 2) != 4 {\n		t.Error(\"no sum\")\n	}\n}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mutate := func(name, mistake string) Mutant {
		return Mutant{
			File: "sum.go", Test: "TestSum", Found: "sum_test.go",
			Old: "	return a + b\n", New: "	if mutant(\"" + name + "\") {\n		return " + mistake + "\n	}\n	return a + b\n",
		}
	}
	all := map[string]Mutant{"minus": mutate("minus", "a - b"), "times": mutate("times", "a * b")}
	program := build(t, "sum", "", all)
	elsewhere := all["minus"]
	elsewhere.Found = "other_test.go"
	for name, m := range map[string]Mutant{"times": all["times"], "minus": elsewhere} {
		if err := m.lives(t.Context(), program, name, nil); !errors.Is(err, errLives) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := all["minus"].lives(t.Context(), program, "minus", nil); err != nil {
		t.Error(err)
	}
}
