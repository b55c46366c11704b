package repo

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	changes      = "# Changelog\n\n## 1.2.3\n\n- A change.\n"
	missing      = "VERSION is missing: call make release VERSION=1.2.3"
	notSemantic  = "VERSION=%s is not a semantic version: write 1.2.3 or 1.2.3-rc.1, without v and without build metadata"
	noSection    = "CHANGELOG.md has no section '## %s': move what is under Unreleased to it"
	emptySection = "the section '## %s' of CHANGELOG.md is empty: say what has changed"
	unequal      = "template.yaml has SemanticVersion '1.2.3', not '%s': make them equal"
	dirty        = "this clone is not as its commit: commit, or undo, what git status lists"
	noClone      = "this is not a git clone, which the bill of materials needs: git clone --branch v%s"
)

// What scripts/release refuses, and its words.
func TestReleaseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ version, changelog, want string }{
		"nothing":               {"", changes, missing},
		"tag":                   {"v1.2.3", changes, notSemantic},
		"two numbers":           {"1.2", changes, notSemantic},
		"leading zero":          {"1.02.3", changes, notSemantic},
		"empty identifier":      {"1.2.3-rc..1", changes, notSemantic},
		"zero in an identifier": {"1.2.3-rc.01", changes, notSemantic},
		"build metadata":        {"1.2.3+4", changes, notSemantic},
		"template":              {"1.2.3-rc.1", changes, unequal},
		"no section":            {"1.2.3", "## Unreleased\n\n- A.\n\n## 1.2.30\n\n- B.\n\n## 1x2.3\n\n- C.\n", noSection},
		"section of its rc":     {"1.2.3", "## 1.2.3-rc.1\n\n- A change.\n", noSection},
		"empty section":         {"1.2.3", "## [1.2.3] - 2026-11-25\n\n## 1.2.2\n\n- Other.\n", emptySection},
		"only a heading":        {"1.2.3", "## 1.2.3\n\n### Added\n", emptySection},
		"no clone":              {"1.2.3", changes, noClone},
		"dirty clone":           {"1.2.3", changes, dirty},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if c.want == dirty {
				run(t, dir, nil, "git", "init", "-q")
			}
			write(t, filepath.Join(dir, "scripts", "release"), read(t, "scripts/release"))
			write(t, filepath.Join(dir, "template.yaml"), "Metadata:\n  App:\n    SemanticVersion: '1.2.3'\n")
			write(t, filepath.Join(dir, "CHANGELOG.md"), c.changelog)
			release := exec.CommandContext(t.Context(), "bash", filepath.Join(dir, "scripts", "release"), c.version)
			words, err := release.CombinedOutput()
			want := "release: " + strings.ReplaceAll(c.want, "%s", c.version) + "\n"
			if err == nil || string(words) != want {
				t.Errorf("%v:\n%s\nwant:\n%s", err, words, want)
			}
			if _, err := os.Stat(filepath.Join(dir, "dist")); err == nil {
				t.Error("dist was made nevertheless")
			}
		})
	}
}
