package repo

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	changes      = "# Changelog\n\n## 1.2.3\n\n- A change.\n"
	notSemantic  = "VERSION=%s is not a semantic version: write 1.2.3 or 1.2.3-rc.1, without v and without build metadata"
	noSection    = "CHANGELOG.md has no section '## %s': move what is under Unreleased to it"
	emptySection = "the section '## %s' of CHANGELOG.md is empty: say what has changed"
	dirty        = "this clone is not as its commit: commit, or undo, what git status lists"
	noClone      = "this is not a git clone, which the bill of materials needs: git clone --branch v%s"
)

// What scripts/release refuses, and its words. The template has the same version unless the name says so.
func TestReleaseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, version, changelog, want string }{
		{"tag", "v1.2.3", changes, notSemantic},
		{"two numbers", "1.2", changes, notSemantic},
		{"leading zero", "1.02.3", changes, notSemantic},
		{"empty identifier", "1.2.3-rc..1", changes, notSemantic},
		{"zero in an identifier", "1.2.3-rc.01", changes, notSemantic},
		{"build metadata", "1.2.3+4", changes, notSemantic},
		{"no section", "1.2.3", "## Unreleased\n\n- A.\n\n## 1.2.30\n\n- B.\n\n## 1x2.3\n\n- C.\n", noSection},
		{"section of its rc", "1.2.3", "## 1.2.3-rc.1\n\n- A change.\n", noSection},
		{"empty section", "1.2.3", "## [1.2.3] - 2026-11-25\n\n## 1.2.2\n\n- Other.\n", emptySection},
		{"only a heading", "1.2.3-rc.1", "## 1.2.3-rc.1\n\n### Added\n", emptySection},
		{"no clone", "1.2.3", changes, noClone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			refuses(t, c.version, c.version, c.changelog, fmt.Sprintf(c.want, c.version))
		})
	}
	refuses(t, "", "1.2.3", changes, "VERSION is missing: call make release VERSION=1.2.3")
	refuses(t, "1.2.3", "1.2.2", changes, "template.yaml has SemanticVersion '1.2.2', not '1.2.3': make them equal")
	clone := t.TempDir()
	run(t, clone, nil, "git", "init", "-q")
	refusesIn(t, clone, "1.2.3", "1.2.3", changes, dirty)
}

func refuses(t *testing.T, version, template, changelog, want string) {
	t.Helper()
	refusesIn(t, t.TempDir(), version, template, changelog, want)
}

func refusesIn(t *testing.T, dir, version, template, changelog, want string) {
	t.Helper()
	write(t, filepath.Join(dir, "scripts", "release"), read(t, "scripts/release"))
	write(t, filepath.Join(dir, "template.yaml"), "Metadata:\n  App:\n    SemanticVersion: '"+template+"'\n")
	write(t, filepath.Join(dir, "CHANGELOG.md"), changelog)
	var stderr strings.Builder
	release := exec.CommandContext(t.Context(), "bash", filepath.Join(dir, "scripts", "release"), version)
	release.Stderr = &stderr
	if err := release.Run(); err == nil || stderr.String() != "release: "+want+"\n" {
		t.Errorf("%v:\n%s\nwant:\nrelease: %s", err, stderr.String(), want)
	}
	if _, err := os.Stat(filepath.Join(dir, "dist")); err == nil {
		t.Error("dist was made nevertheless")
	}
}
