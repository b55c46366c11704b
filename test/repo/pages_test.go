package repo

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages returns all Markdown files of the repository by their path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (name[0] == '.' || name == "node_modules" || name == "dist"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			raw, err := os.ReadFile(path)
			all[path] = string(raw)
			return err
		}
		return nil
	})
	if err != nil || len(all) < 10 {
		t.Fatalf("%d pages, %v", len(all), err)
	}
	return all
}

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
	all := pages(t)
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
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", page, link, err)
			} else if hasFragment && !slices.Contains(anchors(all[target]), fragment) {
				t.Errorf("%s links to %s: no such heading", page, link)
			}
		}
	}
	t.Logf("%d links on %d pages", checked, len(all))
}

// The runbook has one row for each error name. Each alarm leads to its entry: see TestAlarmsLeadToTheRunbook.
func TestRunbookKnowsEveryError(t *testing.T) {
	t.Parallel()
	runbook := read(t, "docs/operations.md")
	names := find(read(t, "pkg/handler/errors.go"), `"(XDR\.\w+)"`)
	if len(names) < 6 {
		t.Errorf("only %v", names)
	}
	for _, name := range names {
		if rows := find(runbook, "(?m)^\\| `"+regexp.QuoteMeta(name)+"` \\|"); len(rows) != 1 {
			t.Errorf("the runbook has %d rows for %s", len(rows), name)
		}
	}
}

// The runbook shows the queries that the stack saves, each under its name.
func TestRunbookShowsTheSavedQueries(t *testing.T) {
	t.Parallel()
	var saved []string
	for _, r := range members(at(load(t), "Resources")) {
		if at(r, "Type").Value == "AWS::Logs::QueryDefinition" {
			_, name, _ := strings.Cut(at(r, "Properties.Name").Value, "/")
			saved = append(saved, name+": "+at(r, "Properties.QueryString").Value)
		}
	}
	slices.Sort(saved)
	var shown []string
	for _, block := range find(read(t, "docs/operations.md"), "(?m)^(.*:\n\n```\nfilter .*)\n```$") {
		heading, query, _ := strings.Cut(block, ":\n\n```\n")
		heading, _, _ = strings.Cut(strings.ToLower(heading), ",")
		shown = append(shown, heading+": "+query)
	}
	slices.Sort(shown)
	if len(saved) != 4 || !slices.Equal(saved, shown) {
		t.Errorf("the template saves\n%s\nthe runbook shows\n%s", strings.Join(saved, "\n"), strings.Join(shown, "\n"))
	}
}

// A test that a page names is there: SECURITY.md names one for each promise.
func TestTestsOfThePages(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		source.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for page, text := range pages(t) {
		for _, name := range regexp.MustCompile("`(Test[A-Z]\\w+)`").FindAllStringSubmatch(text, -1) {
			checked++
			if !strings.Contains(source.String(), "func "+name[1]+"(t *testing.T)") {
				t.Errorf("%s names %s, which no file has", page, name[1])
			}
		}
	}
	if checked < 15 {
		t.Errorf("%d tests named", checked)
	}
}
