package millrace_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module   = "github.com/millrace/millrace"
	maxLines = 224
)

// mayImport lists, for each package or folder of this module, which other ones it may build on.
var mayImport = map[string][]string{
	"request": {}, "problem": {"request"}, "observe": {}, "integration": {"*"}, "internal": {"*"},
	"resilience": {"observe"}, "seal": {"request", "observe", "resilience"}, "cache": {"request", "observe", "resilience"},
	"bus":        {"request", "resilience", "observe", "seal"},
	"partitions": {"bus", "request", "problem", "resilience", "observe"},
	"outbox":     {"partitions", "bus", "request", "resilience", "observe"}, "jobs": {"partitions", "bus", "request", "resilience", "observe"},
	"push":     {"bus", "request", "problem", "resilience", "observe"},
	"machines": {"partitions", "bus", "request", "resilience", "observe"}, "sagas": {"partitions", "bus", "request", "resilience", "observe"},
	"httpapi": {"bus", "push", "cache", "seal", "request", "problem", "resilience", "observe"},
	"cmd":     {"*"}, "examples": {"*"}, "httpapi/operations/durable": {"httpapi", "machines", "sagas", "partitions", "bus", "request", "resilience"},
}

// keepsOut lists what must not come into the build of those who import a package; the row without a name is for all but integration.
var keepsOut = map[string][]string{
	"bus":           {module + "/seal", "github.com/jackc/", "github.com/redis/", "github.com/go-chi/", "github.com/minio/", "go.opentelemetry.io/otel/exporters", "github.com/twmb/franz-go/pkg/kfake"},
	"httpapi/admin": {"github.com/twmb/", "github.com/jackc/", "go.opentelemetry.io/otel/exporters", module + "/push"},
	"httpapi":       {"github.com/twmb/", "github.com/jackc/", "go.opentelemetry.io/otel/exporters", module + "/push"},
	"sagas":         {"github.com/jackc/"},
	"jobs":          {"github.com/jackc/"},
	"observe":       {"go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/exporters", "google.golang.org/grpc", "github.com/prometheus/"},
	"":              {"github.com/testcontainers/"},
}

func TestLayers(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports,Deps", "./...")
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var pkg struct {
			ImportPath    string
			Imports, Deps []string
		}
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		for _, broken := range layerBreaks(pkg.ImportPath, pkg.Imports, pkg.Deps) {
			t.Error(broken)
		}
	}
}

func layerBreaks(pkg string, imports, deps []string) []string {
	own, ok := strings.CutPrefix(pkg, module+"/")
	if !ok {
		return nil
	}
	folder, _, _ := strings.Cut(own, "/")
	if mayImport[own] != nil {
		folder = own
	}
	allowed, known := mayImport[folder]
	if !known {
		return []string{"folder " + folder + " has no row in mayImport"}
	}
	var breaks []string
	for _, imported := range imports {
		other, ours := strings.CutPrefix(imported, module+"/")
		target, _, _ := strings.Cut(other, "/")
		if ours && target != folder && !slices.Contains(allowed, target) && !slices.Contains(allowed, "*") && target != "internal" {
			breaks = append(breaks, pkg+" must not import "+imported)
		}
	}
	unwantedHere := keepsOut[own]
	if folder != "integration" {
		unwantedHere = slices.Concat(unwantedHere, keepsOut[""])
	}
	for _, unwanted := range unwantedHere {
		for _, dep := range deps {
			if strings.HasPrefix(dep, unwanted) {
				breaks = append(breaks, pkg+" must not bring "+dep+" into a build")
			}
		}
	}
	return breaks
}

// sources calls check with every Go file of the tree.
func sources(t *testing.T, check func(path string, content []byte)) {
	t.Helper()
	files(t, check, ".go")
}

// files calls check with every file of the tree that has one of the extensions.
func files(t *testing.T, check func(path string, content []byte), extensions ...string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "dist") {
			return fs.SkipDir
		}
		if err != nil || entry.IsDir() || !slices.Contains(extensions, filepath.Ext(path)) {
			return err
		}
		content, err := os.ReadFile(path)
		check(path, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	files(t, func(path string, content []byte) {
		if lines := bytes.Count(content, []byte("\n")); lines > maxLines {
			t.Errorf("%s has %d lines of %d: cut it by responsibility", path, lines, maxLines)
		}
	}, ".go", ".ts", ".mjs")
}

var (
	guaranteeLine = regexp.MustCompile(`(?m)^//   - (G\d+): .* Test: (Test\w+)\.$`)
	numberedLine  = regexp.MustCompile(`(?m)^//   - G\d+:`)
	testFunction  = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// isPeer says whether a folder is a peer's side of a bench: a module of its own that promises nothing.
func isPeer(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil && strings.HasPrefix(folder, "bench/")
}

// guarantees maps each package folder to its guarantees, and these to their tests.
func guarantees(t *testing.T) map[string]map[string]string {
	t.Helper()
	found, tests, packages := map[string]map[string]string{}, map[string][]string{}, map[string]bool{}
	sources(t, func(path string, content []byte) {
		folder := filepath.ToSlash(filepath.Dir(path))
		if strings.HasSuffix(path, "_test.go") {
			for _, match := range testFunction.FindAllSubmatch(content, -1) {
				tests[folder] = append(tests[folder], string(match[1]))
			}
			return
		}
		packages[folder] = true
		if filepath.Base(path) != "doc.go" {
			return
		}
		found[folder] = map[string]string{}
		if isPeer(folder) {
			return
		}
		lines := guaranteeLine.FindAllSubmatch(content, -1)
		if len(lines) == 0 || len(lines) != len(numberedLine.FindAll(content, -1)) {
			t.Errorf("%s must state numbered guarantees, each with its test", path)
		}
		for _, match := range lines {
			if found[folder][string(match[1])] != "" {
				t.Errorf("%s has two guarantees %s", path, match[1])
			}
			found[folder][string(match[1])] = string(match[2])
		}
	})
	for folder := range packages {
		if isPeer(folder) {
			continue
		}
		if found[folder] == nil {
			t.Errorf("%s has no doc.go", folder)
		}
		for number, test := range found[folder] {
			if !slices.Contains(tests[folder], test) {
				t.Errorf("%s %s names %s, which does not exist there", folder, number, test)
			}
		}
	}
	return found
}

var requirementRow = regexp.MustCompile("(?m)^\\| ([A-Z]+-\\d\\d|[A-Z]\\w+) \\| `?([\\w/]+)`? \\| (G\\d+|planned) \\|")

// TestRequirements holds the table of ARCHITECTURE.md against the guarantees that the packages state.
func TestRequirements(t *testing.T) {
	t.Parallel()
	stated := guarantees(t)
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, row := range requirementRow.FindAllSubmatch(text, -1) {
		id, folder, number := string(row[1]), string(row[2]), string(row[3])
		seen[id] = true
		if number != "planned" && stated[folder][number] == "" {
			t.Errorf("%s: package %s states no %s", id, folder, number)
		}
	}
	for _, id := range []string{
		"CLUS-01", "CLUS-02", "CLUS-03", "CLUS-04", "EVNT-01", "EVNT-02", "EVNT-03", "EVNT-04", "EVNT-05", "JOBS-01",
		"JOBS-02", "STRM-01", "STRM-02", "WS-01", "WS-02", "WS-03", "HLTH-01", "HLTH-02",
	} {
		if !seen[id] {
			t.Errorf("ARCHITECTURE.md has no row for %s", id)
		}
	}
}
