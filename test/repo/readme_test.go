package repo

import (
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
)

// Every JSON example is valid against the schema of its section.
func TestExamplesOfREADME(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Request", "Secret", "Verdict"} {
		examples := find(section(t, name), "(?s)```json\n(.*?)```")
		if len(examples) == 0 {
			t.Errorf("no example under %s", name)
		}
		for _, example := range examples {
			if err := schematest.Validate(strings.ToLower(name), []byte(example)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// The tables, and the scenario all_statuses, name what the code knows. TestRequestFields has the fields of a request.
func TestTablesOfREADME(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, name string
		file, code string
	}{
		{column(t, "Environment", 0), `XDR_[A-Z_]+`, "cmd/lambda/env.go", `"(XDR_[A-Z_]+)"`},
		{column(t, "Errors", 0), `XDR\.\w+`, "pkg/handler/errors.go", `= "(XDR\.\w+)"`},
		{column(t, "Verdict", 1), "(?m)^`([a-z_]+)`$", "pkg/handler/verdict.go", `Reason += "(\w+)"`},
		{column(t, "Verdict", 0), `[A-Z][A-Z_]{3,}`, "pkg/xdr/status.go", ` Status += "(\w+)"`},
		{read(t, "internal/xdrtest/scenarios/all_statuses.json"), `"status": "(\w+)"`, "pkg/xdr/status.go", ` Status += "(\w+)"`},
	} {
		known := find(read(t, c.file), c.code)
		same(t, c.file, find(c.text, c.name), known)
		if len(known) < 7 {
			t.Errorf("%s has only %v", c.file, known)
		}
	}
}

// The diagram has the arrows of the workflow. Their order and labels are free. A retrier without attempts is where an
// execution fails, and beside it are those that try again.
func TestDiagramOfREADME(t *testing.T) {
	t.Parallel()
	machine := workflow(t)
	want := []string{"[*] --> " + machine.StartAt}
	for _, e := range machine.Edges() {
		want = append(want, e.From+" --> "+e.To)
	}
	for name, s := range machine.States {
		if s.Type == "Succeed" {
			want = append(want, name+" --> [*]")
		}
		if len(s.Retry) > 0 && s.Retry[0].MaxAttempts == 0 {
			want = append(want, name+" --> [*]", name+" --> "+name)
		}
	}
	_, diagram, _ := strings.Cut(section(t, "Workflow"), "```mermaid\nstateDiagram-v2\n")
	diagram, _, _ = strings.Cut(diagram, "```")
	same(t, "README draws", find(diagram, `(?m)^ *(\S+ --> [^\s:]+)`), want)
}
