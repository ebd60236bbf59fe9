package fact_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"zhigai/fact"
)

// TestKinds_AreAllOfThem: what a plant shares is said by kinds; one that is missing
// could not be named.
func TestKinds_AreAllOfThem(t *testing.T) {
	t.Parallel()
	f, err := parser.ParseFile(token.NewFileSet(), "fact.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []fact.Kind
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := v.Type.(*ast.Ident); ok && name.Name == "Kind" {
			value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared = append(declared, fact.Kind(value))
		}
		return true
	})
	if len(declared) < 20 {
		t.Fatalf("%d kinds were found in the source", len(declared))
	}
	for _, k := range declared {
		if !slices.Contains(fact.Kinds, k) {
			t.Errorf("%s is not in Kinds", k)
		}
	}
	if len(fact.Kinds) != len(declared) {
		t.Errorf("%d kinds are listed, %d declared", len(fact.Kinds), len(declared))
	}
}
