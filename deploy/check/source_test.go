package check_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// source is what the code says of instruments: the names under which Prometheus sees them, and all attributes there are.
type source struct{ metrics, labels map[string]bool }

var attributeKey = regexp.MustCompile(`^[a-z][a-z0-9_.]*$`)

// readSource looks through the module's own code, tests and benches left out.
func readSource(t *testing.T) source {
	t.Helper()
	s := source{metrics: map[string]bool{}, labels: map[string]bool{"le": true}}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "bench" || entry.Name() == "node_modules" || entry.Name() == "check"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok {
				s.take(call)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// take notes a call that makes an instrument or an attribute.
func (s source) take(call *ast.CallExpr) {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return
	}
	name, ok := text(call.Args[0])
	if !ok {
		return
	}
	if of, is := selector.X.(*ast.Ident); is && of.Name == "attribute" && attributeKey.MatchString(name) {
		s.labels[strings.ReplaceAll(name, ".", "_")] = true
		return
	}
	if len(call.Args) < 3 {
		return
	}
	unit, ok := text(call.Args[1])
	if !ok {
		return
	}
	for _, seen := range exported(name, unit, selector.Sel.Name) {
		s.metrics[seen] = true
	}
}

// exported are the names that the exporter gives an instrument.
func exported(name, unit, kind string) []string {
	name = strings.ReplaceAll(name, ".", "_")
	if suffix := map[string]string{"By": "_bytes", "s": "_seconds", "ms": "_milliseconds"}[unit]; !strings.HasSuffix(name, suffix) {
		name += suffix
	}
	switch kind {
	case "Counter", "NewCounter":
		return []string{name + "_total"}
	case "Histogram":
		return []string{name + "_bucket", name + "_sum", name + "_count"}
	case "Gauge", "Level":
		return []string{name}
	}
	return nil
}

func text(expression ast.Expr) (string, bool) {
	literal, ok := expression.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(literal.Value)
	return value, err == nil
}
