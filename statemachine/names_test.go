package statemachine

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// constants returns the values of every constant of a string type in pkg/handler, read from its source: a new one
// cannot be forgotten here.
func constants(t *testing.T, typeName string) []string {
	t.Helper()
	files, err := filepath.Glob("../pkg/handler/*.go")
	if err != nil || files == nil {
		t.Fatal(files, err)
	}
	var values []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || strings.HasSuffix(name, "_test.go") {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == typeName {
				values = append(values, literals(t, spec.Values)...)
			}
			return true
		})
	}
	if values == nil {
		t.Fatalf("pkg/handler has no constant of type %s", typeName)
	}
	return values
}

func literals(t *testing.T, values []ast.Expr) []string {
	t.Helper()
	var found []string
	for _, v := range values {
		literal, ok := v.(*ast.BasicLit)
		if !ok {
			t.Fatalf("%T is not a literal", v)
		}
		value, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, value)
	}
	return found
}

// Decide has no default: what is no verdict must not be announced as one.
func TestEveryVerdictHasOneChoice(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		string(handler.Pending): "Wait", string(handler.Done): "Announce", string(handler.Failed): "Announce",
	}
	got := map[string]string{}
	decide := machine(t).States["Decide"]
	for _, rule := range decide.Choices {
		got[rule.StringEquals] = rule.Next
		if rule.Variable != "$.wait.previous.verdict" {
			t.Errorf("Decide reads %s", rule.Variable)
		}
	}
	outcomes := constants(t, "Outcome")
	if !maps.Equal(got, want) || len(decide.Choices) != len(want) || len(outcomes) != len(want) || decide.Default != "" {
		t.Errorf("%+v for %q, want %v", decide, outcomes, want)
	}
	for _, outcome := range outcomes {
		if want[outcome] == "" {
			t.Errorf("nothing chooses %q", outcome)
		}
	}
}
