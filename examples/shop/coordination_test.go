package shop_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNothingCoordinatesPods holds that the shop runs in many pods and has no line about them: of package partitions it has groups, to which it
// gives its machine and its saga, and which it runs; of ownership, locks, leaders and forwarding it knows nothing.
func TestNothingCoordinatesPods(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, imported := range file.Imports {
			if strings.Contains(imported.Path.Value, "partitions/locks") {
				t.Errorf("%s imports %s", path, imported.Path.Value)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if of, is := n.(*ast.SelectorExpr); is {
				if pkg, is := of.X.(*ast.Ident); is && pkg.Name == "partitions" && !slices.Contains([]string{"New", "Group"}, of.Sel.Name) {
					t.Errorf("%s uses partitions.%s", path, of.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || files < 20 {
		t.Errorf("%d files: %v", files, err)
	}
}
