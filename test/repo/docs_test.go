package repo_test

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
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."), d.Name() == "node_modules", d.Name() == "dist":
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

// anchor is what GitHub makes of a heading.
func anchor(heading string) string {
	heading = regexp.MustCompile("[^a-z0-9 _-]").ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(heading, " ", "-")
}

func TestLinksOfThePages(t *testing.T) {
	t.Parallel()
	all := pages(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	checked := 0
	for page, text := range all {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			checked++
			path, fragment, hasFragment := strings.Cut(m[1], "#")
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			}
			found := !hasFragment
			for _, h := range heading.FindAllStringSubmatch(all[target], -1) {
				found = found || anchor(h[1]) == fragment
			}
			if !found {
				t.Errorf("%s links to %s: no such heading", page, m[1])
			}
		}
	}
	t.Logf("%d links on %d pages", checked, len(all))
}

// Whoever is paged finds the alarm and the error name in the runbook.
func TestRunbookKnowsEveryAlarmAndError(t *testing.T) {
	t.Parallel()
	runbook := read(t, "docs/operations.md")
	for file, pattern := range map[string]string{
		"template.yaml":         `(?m)^  (\w+):[^\n]*\n    Type: AWS::CloudWatch::Alarm`,
		"pkg/handler/errors.go": `Name = "(XDR\.\w+)"`,
	} {
		raw := read(t, file)
		names := regexp.MustCompile(pattern).FindAllStringSubmatch(raw, -1)
		if len(names) < 6 {
			t.Errorf("%s: %d names", file, len(names))
		}
		for _, m := range names {
			if rows := regexp.MustCompile("(?m)^\\| `?"+regexp.QuoteMeta(m[1])+"`? \\|").FindAllStringIndex(runbook, -1); len(rows) != 1 {
				t.Errorf("the runbook has %d entries for %s", len(rows), m[1])
			}
		}
	}
}

// The runbook shows the queries that the stack saves.
func TestRunbookShowsTheSavedQueries(t *testing.T) {
	t.Parallel()
	template := read(t, "template.yaml")
	runbook := read(t, "docs/operations.md")
	var saved, shown []string
	for _, m := range regexp.MustCompile(`Name: !Sub '\$\{AWS::StackName\}/(.*)'\n.*\n +QueryString: '(.*)'`).FindAllStringSubmatch(template, -1) {
		saved = append(saved, m[1]+": "+m[2])
	}
	for _, m := range regexp.MustCompile("(?m)^(.*):\n\n```\n(filter .*)\n```$").FindAllStringSubmatch(runbook, -1) {
		name := strings.ToLower(m[1][:1]) + m[1][1:]
		if strings.HasPrefix(name, "one action") {
			name = "one action"
		}
		shown = append(shown, name+": "+m[2])
	}
	if len(saved) != 4 || !slices.Equal(saved, shown) {
		t.Errorf("the template saves\n%s\nthe runbook shows\n%s", strings.Join(saved, "\n"), strings.Join(shown, "\n"))
	}
}
