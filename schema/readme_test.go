package schema_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
)

// section returns the text of README under a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	raw, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(raw), "\n## "+heading+"\n")
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
		"Environment": {"../cmd/lambda/env.go", `XDR_[A-Z_]+`},
		"Errors":      {"../pkg/handler/errors.go", `XDR\.[A-Z][A-Za-z]+`},
		"Verdict":     {"../pkg/xdr/status.go", `\b[A-Z]{4,}(_[A-Z]+)*\b`},
	} {
		source, err := os.ReadFile(c.files)
		if err != nil {
			t.Fatal(err)
		}
		quoted := regexp.MustCompile(`"(` + c.name + `)"`)
		var want []string
		for _, m := range quoted.FindAllStringSubmatch(string(source), -1) {
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
