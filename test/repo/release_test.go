package repo

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const news = "### Added\n\n- One thing,\n  and more of it.\n\n### Fixed\n\n- Another.\n"

// make release gives the same files in two clones, which differ in their path, their commits and tags, and in the
// environment.
func TestRelease(t *testing.T) {
	t.Parallel()
	version := find(read(t, "template.yaml"), `SemanticVersion: (\S+)`)[0]
	first := release(t, version, "a", "v9.9.9", "TZ=UTC")
	dist := release(t, version, "another/folder", "other",
		"TZ=Asia/Tokyo", "GOAMD64=v3", "GOARM64=v9.0", "GOFLAGS=-tags=other")
	sums := read(t, filepath.Join(dist, "SHA256SUMS"))
	if other := read(t, filepath.Join(first, "SHA256SUMS")); other != sums {
		t.Errorf("two clones give\n%s\nand\n%s", other, sums)
	}
	run(t, dist, nil, "sha256sum", "--check", "--strict", "SHA256SUMS")

	base := "xdr-action-status_" + version
	want := []string{"notes.md", base + ".cdx.json", base + "_linux_arm64.zip", base + "_linux_x86_64.zip"}
	if got := find(sums, `(?m)^[0-9a-f]{64}  (.+)$`); !slices.Equal(got, want) {
		t.Errorf("SHA256SUMS is of %v, want %v", got, want)
	}
	if entries, err := os.ReadDir(dist); err != nil || len(entries) != len(want)+1 {
		t.Errorf("dist holds %v, %v", entries, err)
	}
	checkZip(t, filepath.Join(dist, base+"_linux_arm64.zip"), elf.EM_AARCH64)
	checkZip(t, filepath.Join(dist, base+"_linux_x86_64.zip"), elf.EM_X86_64)
	checkBOM(t, filepath.Join(dist, base+".cdx.json"), "v"+version)
	if got := read(t, filepath.Join(dist, "notes.md")); got != news {
		t.Errorf("notes.md is %q, not %q", got, news)
	}
}

// release makes a release in a clone of the working tree, and returns its folder dist.
func release(t *testing.T, version, path, tag string, env ...string) string {
	t.Helper()
	clone := filepath.Join(t.TempDir(), path)
	git := func(args ...string) {
		t.Helper()
		identity := []string{"-c", "user.name=" + path, "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}
		run(t, root, nil, "git", append(append(identity, "--git-dir", filepath.Join(clone, ".git")), args...)...)
	}
	run(t, root, nil, "git", "init", "-q", clone)
	git("--work-tree", ".", "add", "--all")
	git("commit", "-q", "-m", path)
	git("--work-tree", clone, "checkout", "-q", "--force", "HEAD")
	git("tag", tag)
	run(t, root, nil, "mkdir", "-p", ".tools")
	run(t, root, nil, "ln", "-s", "--relative", ".tools", clone)
	changelog := "# Changelog\n\n## Unreleased\n\n- Later.\n\n## %s - 2026-11-25\n\n%s\n## 0.0.1\n\n- Before.\n"
	write(t, filepath.Join(clone, "CHANGELOG.md"), fmt.Sprintf(changelog, version, news))
	write(t, filepath.Join(clone, "dist", "xdr-action-status_0.0.1_linux_arm64.zip"), "of an earlier release")
	run(t, clone, env, "make", "release", "VERSION="+version)
	return filepath.Join(clone, "dist")
}

// checkZip demands what Lambda's provided.al2023 runs: an executable named bootstrap for the machine, and nothing else.
func checkZip(t *testing.T, path string, machine elf.Machine) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode() != fs.FileMode(0o755) {
		t.Fatalf("%s holds %d files, the first is %s %s", path, len(z.File), z.File[0].Mode(), z.File[0].Name)
	}
	if at := z.File[0].Modified; !at.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%s: bootstrap is of %s", path, at)
	}
	content, err := fs.ReadFile(z, "bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if binary.Machine != machine {
		t.Errorf("%s is for %s, not %s", path, binary.Machine, machine)
	}
	for _, p := range binary.Progs {
		if p.Type == elf.PT_INTERP {
			t.Errorf("%s is linked dynamically", path)
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
	purl := "pkg:golang/" + c.Name + "@" + version + "?goarch=arm64"
	if c.Version != version || !strings.HasPrefix(c.Purl, purl) || len(bom.Components) == 0 {
		t.Errorf("the bill of materials is of %+v, with %d components", c, len(bom.Components))
	}
	for _, tool := range bom.Metadata.Tools {
		if tool["hashes"] != nil {
			t.Errorf("the hash of a tool, which each builder compiles anew: %v", tool)
		}
	}
}
