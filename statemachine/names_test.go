package statemachine

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/asl"
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

func temporary(name string) bool { return (&handler.Error{Name: handler.ErrorName(name)}).Temporary() }

func check(t *testing.T) asl.State { t.Helper(); return machine(t).States["Check"] }

func TestEveryErrorNameOfTheHandlerIsCaughtOnce(t *testing.T) {
	t.Parallel()
	var caught []string
	for _, c := range check(t).Catch {
		caught = append(caught, c.ErrorEquals...)
	}
	for _, name := range constants(t, "ErrorName") {
		want := "CouldNotFindOut"
		if temporary(name) {
			want = "OutageWait"
		}
		e, _ := machine(t).Caught("Check", name)
		if n := count(caught, name); n != 1 || e.To != want || e.Why != "catch "+name {
			t.Errorf("%s is in %d catchers and leads to %s; want one, to %s", name, n, e.To, want)
		}
	}
}

func TestTemporaryErrorsAreRetriedAndFinalOnesAreNot(t *testing.T) {
	t.Parallel()
	var retried []string
	for _, r := range check(t).Retry {
		retried = append(retried, r.ErrorEquals...)
	}
	for _, name := range constants(t, "ErrorName") {
		want := 0
		if temporary(name) {
			want = 1
		}
		if n := count(retried, name); n != want {
			t.Errorf("%s is in %d retriers, want %d", name, n, want)
		}
	}
}

// A name that nothing raises is a typo of one that something does.
func TestEveryOwnNameInTheWorkflowIsTheHandlers(t *testing.T) {
	t.Parallel()
	known := constants(t, "ErrorName")
	m := machine(t)
	for _, name := range mentioned(m) {
		if strings.HasPrefix(name, "XDR.") && !slices.Contains(known, name) {
			t.Errorf("pkg/handler has no error %s", name)
		}
	}
	if e := m.States["Failed"].Error; !strings.HasPrefix(e, "XDR.") || slices.Contains(known, e) {
		t.Errorf("%s: an action that failed is not an error of the step", e)
	}
}

// What is not of the step is of Lambda or of the language.
func TestEveryOtherNameIsOneThatAWSDocuments(t *testing.T) {
	t.Parallel()
	known := []string{
		"Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
		"Lambda.TooManyRequestsException", "Lambda.Unknown", "Sandbox.Timedout", "Runtime.ExitError", "States.Timeout", asl.Wildcard,
	}
	for _, name := range mentioned(machine(t)) {
		if !strings.HasPrefix(name, "XDR.") && !slices.Contains(known, name) {
			t.Errorf("%s is not known", name)
		}
	}
}

// An outage must not fail a wait, so whatever is retried leads to the long wait and not to the end.
func TestWhatCheckRetriesLeadsToOutageWait(t *testing.T) {
	t.Parallel()
	m := machine(t)
	for _, r := range m.Retries() {
		if e, _ := m.Caught(r.State, r.Error); r.State == "Check" && e.To != "OutageWait" {
			t.Errorf("%s is retried and then leads to %s", r.Error, e.To)
		}
	}
	for _, e := range m.Edges() {
		name, caught := strings.CutPrefix(e.Why, "catch ")
		if _, retried := m.Retried(e.From, name); caught && e.To == "OutageWait" && !retried {
			t.Errorf("%s leads to OutageWait and was never retried", name)
		}
	}
}

func TestEveryChoiceIsAVerdictAndEveryVerdictAChoice(t *testing.T) {
	t.Parallel()
	outcomes := constants(t, "Outcome")
	for _, e := range machine(t).Edges() {
		if v, ok := strings.CutPrefix(e.Why, "verdict = "); ok && !slices.Contains(outcomes, v) {
			t.Errorf("%s chooses by %q, which is no verdict", e.From, v)
		}
	}
	for _, v := range outcomes {
		var n int
		for _, rule := range machine(t).States["Decide"].Choices {
			for _, leaf := range rule.Leaves() {
				n += count([]string{leaf.StringEquals}, v)
			}
		}
		if n != 1 {
			t.Errorf("Decide has %d rules for %q", n, v)
		}
	}
}

func mentioned(m asl.Machine) []string {
	var names []string
	for _, s := range m.States {
		for _, r := range s.Retry {
			names = append(names, r.ErrorEquals...)
		}
		for _, c := range s.Catch {
			names = append(names, c.ErrorEquals...)
		}
	}
	return names
}

func count(list []string, want string) int {
	var n int
	for _, s := range list {
		if s == want {
			n++
		}
	}
	return n
}
