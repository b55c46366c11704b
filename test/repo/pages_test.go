package repo

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// anchors are what GitHub makes of the headings of a page.
func anchors(page string) []string {
	var all []string
	for _, heading := range find(page, `(?m)^#+ (.*)$`) {
		heading = regexp.MustCompile("[^a-z0-9 _-]").ReplaceAllString(strings.ToLower(heading), "")
		all = append(all, strings.ReplaceAll(heading, " ", "-"))
	}
	return all
}

func TestLinksOfThePages(t *testing.T) {
	t.Parallel()
	all := files(t, `\.md$`)
	checked := 0
	for page, text := range all {
		for _, link := range find(text, `\]\(([^)\s]+)\)`) {
			if strings.Contains(link, "://") {
				continue
			}
			checked++
			path, fragment, hasFragment := strings.Cut(link, "#")
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s: %v", page, link, err)
			} else if hasFragment && !slices.Contains(anchors(all[target]), fragment) {
				t.Errorf("%s links to %s: no such heading", page, link)
			}
		}
	}
	t.Logf("%d links on %d pages", checked, len(all))
}

// The runbook has one row for each error name.
func TestRunbookKnowsEveryError(t *testing.T) {
	t.Parallel()
	rows := find(read(t, "docs/operations.md"), "(?m)^\\| `(XDR\\.\\w+)` \\|")
	same(t, "rows of the runbook", rows, find(read(t, "pkg/handler/errors.go"), `= "(XDR\.\w+)"`))
}

// The runbook shows the queries that the stack saves, each under its name.
func TestRunbookShowsTheSavedQueries(t *testing.T) {
	t.Parallel()
	var saved, shown []string
	for _, query := range ofType(load(t), "AWS::Logs::QueryDefinition") {
		_, name, _ := strings.Cut(at(query, "Name").Value, "/")
		saved = append(saved, name+": "+at(query, "QueryString").Value)
	}
	for _, block := range find(read(t, "docs/operations.md"), "(?m)^(.*:\n\n```\nfilter .*)\n```$") {
		heading, query, _ := strings.Cut(block, ":\n\n```\n")
		heading, _, _ = strings.Cut(strings.ToLower(heading), ",")
		shown = append(shown, heading+": "+query)
	}
	same(t, "the runbook shows", shown, saved)
}

// A test that a page names is there: SECURITY.md names one for each promise.
func TestTestsOfThePages(t *testing.T) {
	t.Parallel()
	source := strings.Join(slices.Collect(maps.Values(files(t, `_test\.go$`))), "\n")
	there := find(source, `(?m)^func (Test\w+)\(t \*testing\.T\)`)
	checked := 0
	for page, text := range files(t, `\.md$`) {
		for _, name := range find(text, "`(Test[A-Z]\\w+)`") {
			checked++
			if !slices.Contains(there, name) {
				t.Errorf("%s names %s, which no file has", page, name)
			}
		}
	}
	if checked < 15 {
		t.Errorf("%d tests named", checked)
	}
}
