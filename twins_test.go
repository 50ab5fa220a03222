package millrace_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// twinSuffixes mark a second way to do what a variadic function, an option or a transaction value should do.
var twinSuffixes = []string{"Many", "Tx", "Batch", "All", "Async", "With", "Must", "Safely", "Ctx"}

func TestNoTwins(t *testing.T) {
	t.Parallel()
	names := map[string]map[string]bool{}
	sources(t, func(path string, content []byte) {
		for _, name := range exported(t, path, content) {
			folder := filepath.Dir(path)
			if names[folder] == nil {
				names[folder] = map[string]bool{}
			}
			names[folder][name] = true
		}
	})
	for folder, all := range names {
		for _, twin := range twins(all) {
			t.Errorf("%s: %s: make one variadic function of the two", folder, twin)
		}
	}
}

func twins(names map[string]bool) []string {
	var found []string
	for name := range names {
		for _, suffix := range twinSuffixes {
			if names[name+suffix] {
				found = append(found, name+" and "+name+suffix)
			}
		}
	}
	return found
}

// exported lists a file's exported functions, methods as Type.Name.
func exported(t *testing.T, path string, content []byte) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, content, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || !function.Name.IsExported() || strings.HasSuffix(path, "_test.go") {
			continue
		}
		name := function.Name.Name
		if function.Recv != nil {
			name = receiver(function.Recv.List[0].Type) + "." + name
		}
		names = append(names, name)
	}
	return names
}

func receiver(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.StarExpr:
		return receiver(expression.X)
	case *ast.IndexExpr:
		return receiver(expression.X)
	case *ast.Ident:
		return expression.Name
	}
	return ""
}

func TestCheckersFindViolations(t *testing.T) {
	t.Parallel()
	if breaks := layerBreaks(module+"/bus", []string{module + "/push"}, []string{"github.com/jackc/pgx/v5"}); len(breaks) != 2 {
		t.Errorf("layers: %v", breaks)
	}
	if breaks := layerBreaks(module+"/outbox", []string{module + "/push"}, nil); len(breaks) != 1 {
		t.Errorf("siblings: %v", breaks)
	}
	names := exported(t, "x.go", []byte("package x\nfunc (b *B[T]) Publish() {}\nfunc (b *B[T]) PublishMany() {}\nfunc Other() {}"))
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	if found := twins(set); len(found) != 1 {
		t.Errorf("twins: %v of %v", found, names)
	}
	if guaranteeLine.MatchString("//   - G1: nothing is tested.") || !numberedLine.MatchString("//   - G1: nothing is tested.") {
		t.Error("a guarantee without a test passes")
	}
}
