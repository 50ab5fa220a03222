package mutants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Mutant is a mistake that a test must find.
type Mutant struct {
	// File is of the package, and has the text Old once. New is there instead: where mutant(name) is true, it is the mistake.
	File, Old, New string
	// Test must fail, with what stands in the text Found: the file that looks at what matters.
	Test, Found string
}

// awake names the mistake that is made.
const awake = "MILLRACE_MUTANT"

const asleep = `package %s

import "os"

var mutantAwake = os.Getenv(%q)

func mutant(name string) bool { return name == mutantAwake }
`

// Check builds the tests of the package in the working directory once, with all mistakes, and runs for each the test that is for
// it, with the arguments given. Added is Go of the package that mistakes need, without its first line.
func Check(t *testing.T, pkg, added string, mutants map[string]Mutant, args ...string) {
	t.Helper()
	program := build(t, pkg, added, mutants)
	for name, m := range mutants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := m.lives(t.Context(), program, name, args); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// build makes a program of the package's tests, in which all mistakes are asleep.
func build(t *testing.T, pkg, added string, mutants map[string]Mutant) (program string) {
	t.Helper()
	folder := t.TempDir()
	program = filepath.Join(folder, "mutants.test")
	args := []string{"test", "-c", "-tags", "synctests", "-overlay", overlay(t, folder, pkg, added, mutants), "-o", program, "."}
	command := exec.CommandContext(t.Context(), "go", args...) //nolint:gosec // its own files
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("the mutants cannot be built: %v\n%s", err, output)
	}
	return program
}

// lives says why the mistake is not found, or nothing.
func (m Mutant) lives(ctx context.Context, program, name string, args []string) error {
	args = append([]string{"-test.run", "^" + m.Test + "$", "-test.timeout", "10m"}, args...)
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // it was built here
	command.Env = append(os.Environ(), awake+"="+name)
	output, err := command.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || !exit.Exited() {
		return fmt.Errorf("%s does not find it: %w\n%s", m.Test, errors.Join(err, errLives), output)
	}
	if !strings.Contains(string(output), m.Found) {
		return fmt.Errorf("%s failed for another reason: %w\n%s", m.Test, errLives, output)
	}
	return nil
}

var errLives = errors.New("the mistake is not found")

// overlay writes what the go command reads instead of the package's files.
func overlay(t *testing.T, folder, pkg, added string, mutants map[string]Mutant) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"mutant_asleep.go": fmt.Sprintf(asleep, pkg, awake), "mutant_added.go": "package " + pkg + "\n\n" + added}
	for name, m := range mutants {
		if texts[m.File] == "" {
			source, err := os.ReadFile(m.File)
			if err != nil {
				t.Fatal(err)
			}
			texts[m.File] = string(source)
		}
		if strings.Count(texts[m.File], m.Old) != 1 {
			t.Fatalf("%s does not have %q once: bring the mutant up to date", m.File, m.Old)
		}
		if !strings.Contains(m.New+added, fmt.Sprintf("mutant(%q)", name)) {
			t.Fatalf("%s is not made by its name", name)
		}
		texts[m.File] = strings.Replace(texts[m.File], m.Old, m.New, 1)
	}
	replace := make(map[string]string, len(texts))
	for name, text := range texts {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(here, name)] = path
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
