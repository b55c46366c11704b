package repo

import (
	"archive/zip"
	"debug/buildinfo"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const news = "### Added\n\n- One thing,\n  and more of it.\n\n### Fixed\n\n- Another.\n"

// archives are those of a release: the files and, as Go writes it into a program, for what it was built. A FIPS one is
// built with the frozen module for cryptography, and starts in FIPS mode. Lambda's provided.al2023 runs bootstrap.
var archives = map[string]string{
	"xdr-action-status_VERSION_linux_arm64.zip":       "bootstrap GOOS=linux GOARCH=arm64",
	"xdr-action-status_VERSION_linux_x86_64.zip":      "bootstrap GOOS=linux GOARCH=amd64",
	"xdr-action-status_VERSION_fips_linux_arm64.zip":  "bootstrap GOOS=linux GOARCH=arm64" + frozen,
	"xdr-action-status_VERSION_fips_linux_x86_64.zip": "bootstrap GOOS=linux GOARCH=amd64" + frozen,
	"xdrwait_VERSION_linux_amd64.tar.gz":              "LICENSE xdrwait vVERSION GOOS=linux GOARCH=amd64",
	"xdrwait_VERSION_linux_arm64.tar.gz":              "LICENSE xdrwait vVERSION GOOS=linux GOARCH=arm64",
	"xdrwait_VERSION_darwin_amd64.tar.gz":             "LICENSE xdrwait vVERSION GOOS=darwin GOARCH=amd64",
	"xdrwait_VERSION_darwin_arm64.tar.gz":             "LICENSE xdrwait vVERSION GOOS=darwin GOARCH=arm64",
	"xdrwait_VERSION_windows_amd64.zip":               "LICENSE xdrwait.exe vVERSION GOOS=windows GOARCH=amd64",
	"xdrwait_VERSION_windows_arm64.zip":               "LICENSE xdrwait.exe vVERSION GOOS=windows GOARCH=arm64",
}

const frozen = " GOFIPS140=v1.0.0-c2097c7c DefaultGODEBUG=fips140=on"

// make release gives the same files in two clones of a commit, which differ in their path and tags, and in all of the
// environment that can change what Go builds.
func TestRelease(t *testing.T) {
	t.Parallel()
	version := find(read(t, "template.yaml"), `SemanticVersion: (\S+)`)[0]
	home := t.TempDir()
	write(t, filepath.Join(home, ".config", "go", "env"), "GOFIPS140=latest\nGOAMD64=v3\nGOEXPERIMENT=heapminimum512kib\n")
	write(t, filepath.Join(home, ".gitconfig"), "[core]\n\tautocrlf = true\n")
	caches := strings.Fields(run(t, root, nil, "go", "env", "GOCACHE", "GOMODCACHE"))
	first := release(t, version, "a", "v1.99.0", "TZ=UTC")
	dist := release(t, version, "another/folder", "other", "TZ=Asia/Tokyo", "GOARM64=v9.0", "GOFLAGS=-tags=other",
		"GOFIPS140=latest", "GOEXPERIMENT=heapminimum512kib", "GODEBUG=fips140=on", "CGO_ENABLED=1", "HOME="+home,
		"GOCACHE="+caches[0], "GOMODCACHE="+caches[1])
	sums := read(t, filepath.Join(dist, "SHA256SUMS"))
	t.Logf("\n%s", sums)
	if other := read(t, filepath.Join(first, "SHA256SUMS")); other != sums {
		t.Errorf("two clones give\n%s\nand\n%s", other, sums)
	}
	run(t, dist, nil, "sha256sum", "--check", "--strict", "SHA256SUMS")

	want := []string{"notes.md", "xdr-action-status_" + version + ".template.yaml"}
	for name, content := range archives {
		want = append(want, strings.ReplaceAll(name, "VERSION", version))
		checkArchive(t, filepath.Join(dist, want[len(want)-1]), strings.ReplaceAll(content, "VERSION", version))
	}
	for _, name := range []string{"xdr-action-status", "xdrwait"} {
		want = append(want, name+"_"+version+".cdx.json")
		checkBOM(t, filepath.Join(dist, want[len(want)-1]), "v"+version)
	}
	same(t, "SHA256SUMS is of", find(sums, `(?m)^[0-9a-f]{64}  (.+)$`), want)
	if entries, err := os.ReadDir(dist); err != nil || len(entries) != len(want)+1 {
		t.Errorf("dist holds %v, %v", entries, err)
	}
	if got := read(t, filepath.Join(dist, "notes.md")); got != news {
		t.Errorf("notes.md is %q, not %q", got, news)
	}
}

// release makes a release in a clone of the working tree, and returns its folder dist.
func release(t *testing.T, version, path, tag string, env ...string) string {
	t.Helper()
	const cloning = `
set -e
export GIT_AUTHOR_DATE=2026-11-25T12:00:00Z GIT_COMMITTER_DATE=2026-11-25T12:00:00Z GIT_CONFIG_GLOBAL=/dev/null
git init -q "$1"
ours() { git --git-dir "$1/.git" -c user.name=a -c user.email=a@example.com "${@:2}"; }
ours "$1" --work-tree . add --all
ours "$1" commit -q -m 'the working tree'
ours "$1" --work-tree "$1" checkout -q --force HEAD
printf '# Changelog\n\n## Unreleased\n\n- Later.\n\n## %s - 2026-11-25\n\n%s\n\n## 0.0.1\n\n- Before.\n' "$2" "$3" >"$1/CHANGELOG.md"
ours "$1" --work-tree "$1" commit -q -m 'the release' CHANGELOG.md
ours "$1" tag "$4"
mkdir -p .tools
ln -s --relative .tools "$1"`
	clone := filepath.Join(t.TempDir(), path)
	run(t, root, nil, "bash", "-c", cloning, "bash", clone, version, strings.TrimSpace(news), tag)
	write(t, filepath.Join(clone, "dist", "xdr-action-status_0.0.1_linux_arm64.zip"), "of an earlier release")
	run(t, clone, env, "make", "release", "VERSION="+version)
	return filepath.Join(clone, "dist")
}

// checkArchive demands files in an archive, and settings of the last one's build. Where it can run, it knows its version.
func checkArchive(t *testing.T, archive, want string) {
	t.Helper()
	dir := t.TempDir()
	if filepath.Ext(archive) == ".zip" {
		unzip(t, archive, dir)
	} else {
		run(t, dir, nil, "tar", "-xzpf", archive)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatalf("%s holds %v, %v", archive, entries, err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	program := filepath.Join(dir, got[len(got)-1])
	info, err := buildinfo.ReadFile(program)
	must(t, err)
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if version := info.Main.Version; version != "(devel)" {
		got = append(got, version)
	}
	for _, name := range []string{"GOOS", "GOARCH", "GOFIPS140", "DefaultGODEBUG"} {
		if settings[name] != "" {
			got = append(got, name+"="+settings[name])
		}
	}
	isStatic := settings["CGO_ENABLED"] == "0" && settings["-buildmode"] == "exe"
	if strings.Join(got, " ") != want || !isStatic {
		t.Errorf("%s holds %v, not %s: %v", archive, got, want, info.Settings)
	}
	if strings.HasSuffix(archive, fmt.Sprintf("_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)) {
		if said := run(t, dir, nil, program, "--version"); said != "xdrwait version "+info.Main.Version+"\n" {
			t.Errorf("%s says %s", archive, said)
		}
	}
}

// unzip unpacks an archive, and demands what is the same on every machine: the time of a file, and its mode.
func unzip(t *testing.T, path, into string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	must(t, err)
	defer z.Close()
	must(t, os.CopyFS(into, z))
	for _, f := range z.File {
		mode := fs.FileMode(0o755)
		if f.Name == "LICENSE" {
			mode = 0o644
		}
		if f.Mode() != mode || !f.Modified.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: %s has mode %s, and is of %s", path, f.Name, f.Mode(), f.Modified)
		}
	}
}

func checkBOM(t *testing.T, path, version string) {
	t.Helper()
	var bom struct {
		Metadata struct {
			Tools     []map[string]any
			Component struct{ Name, Version, Purl string }
		}
		Components []struct{ Name string }
	}
	readJSON(t, path, &bom)
	c := bom.Metadata.Component
	purl := "pkg:golang/" + c.Name + "@" + version
	if c.Version != version || c.Purl != purl || len(bom.Components) == 0 {
		t.Errorf("the bill of materials is of %+v, with %d components", c, len(bom.Components))
	}
	for _, tool := range bom.Metadata.Tools {
		if tool["hashes"] != nil {
			t.Errorf("the hash of a tool, which each builder compiles anew: %v", tool)
		}
	}
}

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
