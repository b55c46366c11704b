package repo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	const good = "# Changelog\n\n## 1.2.3\n\n- A change.\n"
	for name, c := range map[string]struct{ version, template, changelog, want string }{
		"no version":            {"", "1.2.3", good, "VERSION is missing: call make release VERSION=1.2.3"},
		"tag":                   {"v1.2.3", "1.2.3", good, "VERSION=v1.2.3 is not a semantic version: write 1.2.3 or 1.2.3-rc.1, without v and without build metadata"},
		"two numbers":           {"1.2", "1.2", good, "VERSION=1.2 is not a semantic version: write 1.2.3 or 1.2.3-rc.1, without v and without build metadata"},
		"leading zero":          {"1.02.3", "1.02.3", good, "VERSION=1.02.3 is not a semantic version: write 1.2.3 or 1.2.3-rc.1, without v and without build metadata"},
		"empty identifier":      {"1.2.3-rc..1", "1.2.3-rc..1", good, "VERSION=1.2.3-rc..1 is not a semantic version: write 1.2.3 or 1.2.3-rc.1, without v and without build metadata"},
		"zero in an identifier": {"1.2.3-rc.01", "1.2.3-rc.01", good, "VERSION=1.2.3-rc.01 is not a semantic version: write 1.2.3 or 1.2.3-rc.1, without v and without build metadata"},
		"build metadata":        {"1.2.3+4", "1.2.3+4", good, "VERSION=1.2.3+4 is not a semantic version: write 1.2.3 or 1.2.3-rc.1, without v and without build metadata"},
		"other template":        {"1.2.3", "1.2.2", good, "template.yaml has SemanticVersion '1.2.2', not '1.2.3': make them equal"},
		"no section":            {"1.2.3", "1.2.3", "## Unreleased\n\n- A change.\n\n## 1.2.30\n\n- Other.\n\n## 1x2.3\n\n- Other.\n", "CHANGELOG.md has no section '## 1.2.3': move what is under Unreleased to it"},
		"section of its rc":     {"1.2.3", "1.2.3", "## 1.2.3-rc.1\n\n- A change.\n", "CHANGELOG.md has no section '## 1.2.3': move what is under Unreleased to it"},
		"empty section":         {"1.2.3", "1.2.3", "## [1.2.3] - 2026-11-25\n\n## 1.2.2\n\n- Other.\n", "the section '## 1.2.3' of CHANGELOG.md is empty: say what has changed"},
		"only a heading":        {"1.2.3-rc.1", "'1.2.3-rc.1'", "## 1.2.3-rc.1\n\n### Added\n", "the section '## 1.2.3-rc.1' of CHANGELOG.md is empty: say what has changed"},
		"not a clone of git":    {"1.2.3", "1.2.3", good, "this is not a git clone, which the bill of materials needs: git clone --branch v1.2.3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "scripts", "release"), read(t, "scripts/release"))
			write(t, filepath.Join(dir, "template.yaml"), "Metadata:\n  App:\n    SemanticVersion: "+c.template+"\n")
			write(t, filepath.Join(dir, "CHANGELOG.md"), c.changelog)
			var stderr strings.Builder
			build := exec.CommandContext(t.Context(), "bash", filepath.Join(dir, "scripts", "release"), c.version)
			build.Stderr = &stderr
			if err := build.Run(); err == nil || stderr.String() != "release: "+c.want+"\n" {
				t.Errorf("%v:\n%s\nnot:\nrelease: %s", err, stderr.String(), c.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "dist")); err == nil {
				t.Error("dist was made nevertheless")
			}
		})
	}
}

func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.y*ml"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	uses := regexp.MustCompile(`uses["']?:\s*(.*)`)
	pinned := regexp.MustCompile(`^actions/(checkout|setup-go)@[0-9a-f]{40} # v[0-9.]+$`)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := uses.FindAllStringSubmatch(string(raw), -1)
		if len(found) == 0 {
			t.Errorf("%s uses nothing, not even a checkout", file)
		}
		for _, m := range found {
			if !pinned.MatchString(m[1]) {
				t.Errorf("%s uses %s, which is not an action we know, at a full SHA with its version behind it", file, m[1])
			}
		}
	}
}
