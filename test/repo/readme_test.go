package repo_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
)

// section returns the text of README under a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	raw := read(t, "README.md")
	_, rest, ok := strings.Cut(raw, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("README has no section %s", heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// Every JSON example of README is what its section says.
func TestDocumentedExamples(t *testing.T) {
	t.Parallel()
	fence := regexp.MustCompile("(?s)```json\n(.*?)```")
	for _, name := range []string{"Request", "Secret", "Verdict"} {
		examples := fence.FindAllStringSubmatch(section(t, name), -1)
		if len(examples) == 0 {
			t.Errorf("no example under %s", name)
		}
		for _, e := range examples {
			if err := schematest.Validate(strings.ToLower(name), []byte(e[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// The tables of README name what the code knows, no more and no less.
func TestDocumentedNames(t *testing.T) {
	t.Parallel()
	for heading, c := range map[string]struct{ files, name string }{
		"Environment": {"cmd/lambda/env.go", `XDR_[A-Z_]+`},
		"Errors":      {"pkg/handler/errors.go", `XDR\.[A-Z][A-Za-z]+`},
		"Verdict":     {"pkg/xdr/status.go", `\b[A-Z]{4,}(_[A-Z]+)*\b`},
	} {
		source := read(t, c.files)
		quoted := regexp.MustCompile(`"(` + c.name + `)"`)
		var want []string
		for _, m := range quoted.FindAllStringSubmatch(source, -1) {
			want = append(want, m[1])
		}
		var got []string
		cell := regexp.MustCompile(c.name)
		for line := range strings.SplitSeq(section(t, heading), "\n") {
			first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
			if strings.HasPrefix(line, "| ") {
				got = append(got, cell.FindAllString(first, -1)...)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if want = slices.Compact(want); len(want) == 0 || !slices.Equal(slices.Compact(got), want) {
			t.Errorf("%s:\nREADME %v\ncode   %v", heading, got, want)
		}
	}
}

// rows returns the cells in code style of a section's table rows, by column.
func rows(t *testing.T, heading string, column int) (cells []string) {
	t.Helper()
	for line := range strings.SplitSeq(section(t, heading), "\n") {
		parts := strings.Split(line, " | ")
		if strings.HasPrefix(line, "| `") && column < len(parts) {
			cells = append(cells, strings.Trim(parts[column], "|` "))
		}
	}
	slices.Sort(cells)
	return cells
}

// README describes the fields that a request may have, and the reasons that a verdict gives.
func TestDocumentedFieldsAndReasons(t *testing.T) {
	t.Parallel()
	type object struct {
		Properties map[string]json.RawMessage
	}
	var request, policy object
	raw := read(t, "schema/request.schema.json")
	if err := json.Unmarshal([]byte(raw), &request); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(request.Properties["policy"], &policy); err != nil {
		t.Fatal(err)
	}
	delete(request.Properties, "policy")
	delete(request.Properties, "action_id") // in the row of its other name
	fields := slices.Collect(maps.Keys(request.Properties))
	for name := range policy.Properties {
		fields = append(fields, "policy."+name)
	}
	slices.Sort(fields)
	if got := rows(t, "Request", 0); !slices.Equal(got, fields) {
		t.Errorf("README has the fields %v, the schema %v", got, fields)
	}
	source := read(t, "pkg/handler/decide.go")
	var reasons []string
	for _, m := range regexp.MustCompile(`Reason += "([a-z_]+)"`).FindAllStringSubmatch(source, -1) {
		reasons = append(reasons, m[1])
	}
	slices.Sort(reasons)
	if got := rows(t, "Verdict", 1); len(reasons) < 7 || !slices.Equal(got, reasons) {
		t.Errorf("README has the reasons %v, the code %v", got, reasons)
	}
}
