package repo_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// copyTree copies the repository's files, and lends its tools.
func copyTree(t *testing.T, to string) {
	t.Helper()
	for _, path := range files(t) {
		from := filepath.Join(root, path)
		info, err := os.Stat(from)
		if err != nil || !info.Mode().IsRegular() { // git lists deleted files and links to folders, too
			continue
		}
		write(t, filepath.Join(to, path), read(t, path))
		if err := os.Chmod(filepath.Join(to, path), info.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	tools, err := filepath.Abs("../../.tools")
	if err == nil {
		err = os.MkdirAll(tools, 0o755)
	}
	if err == nil {
		err = os.Symlink(tools, filepath.Join(to, ".tools"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// files lists the repository's files, or where git cannot tell, all that is there but what builds leave behind.
func files(t *testing.T) []string {
	t.Helper()
	git := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = root
	if out, err := git.Output(); err == nil {
		return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	}
	var all []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case slices.Contains([]string{".git", ".tools", ".aws-sam", "bin", "dist"}, path):
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.Type().IsRegular():
			all = append(all, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func run(t *testing.T, dir string, env []string, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Env = dir, append(append(os.Environ(), "MAKEFLAGS="), env...) // make test has flags of its own
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatal(fmt.Errorf("%s %v: %w\n%s", name, args, err, out))
	}
}

// root is the repository's.
const root = "../.."

// read returns a file of the repository, or one with an absolute path.
func read(t *testing.T, path string) string {
	t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	raw, err := os.ReadFile(path) //nolint:gosec // a test's own choice
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
