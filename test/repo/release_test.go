// Package release_test makes a release of the working tree, in copies of it, and looks into the artefacts.
package repo_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const news = "### Added\n\n- One thing,\n  and more of it.\n\n### Fixed\n\n- Another.\n"

func TestRelease(t *testing.T) {
	t.Parallel()
	version := templateVersion(t)
	changelog := "# Changelog\n\n## Unreleased\n\n- Later.\n\n## " + version + " - 2026-11-25\n\n" + news + "\n## 0.0.1\n\n- Before.\n"

	// The clones differ in their path, their commits and tags, and what is set around them.
	var sums []string
	var dist string
	for _, c := range []struct{ path, tag, env string }{
		{"a", "v9.9.9", "TZ=UTC"},
		{"another/folder", "other", "TZ=Asia/Tokyo GOAMD64=v3 GOARM64=v9.0 GOFLAGS=-tags=other"},
	} {
		clone := filepath.Join(t.TempDir(), c.path)
		copyTree(t, clone)
		write(t, filepath.Join(clone, "CHANGELOG.md"), changelog)
		run(t, clone, nil, "git", "init", "-q")
		run(t, clone, nil, "git", "-c", "user.name="+c.path, "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false",
			"commit", "-q", "--allow-empty", "-m", c.path)
		run(t, clone, nil, "git", "tag", c.tag)
		write(t, filepath.Join(clone, "dist", "xdr-action-status_0.0.1_linux_arm64.zip"), "of an earlier release")
		run(t, clone, strings.Fields(c.env), "make", "release", "VERSION="+version)
		dist = filepath.Join(clone, "dist")
		sums = append(sums, read(t, filepath.Join(dist, "SHA256SUMS")))
	}
	if sums[0] != sums[1] {
		t.Errorf("two clones give\n%s\nand\n%s", sums[0], sums[1])
	}

	base := "xdr-action-status_" + version
	checkSums(t, dist, base+"_linux_arm64.zip", base+"_linux_x86_64.zip", base+".cdx.json", "notes.md")
	checkZip(t, filepath.Join(dist, base+"_linux_arm64.zip"), elf.EM_AARCH64)
	checkZip(t, filepath.Join(dist, base+"_linux_x86_64.zip"), elf.EM_X86_64)
	checkBOM(t, filepath.Join(dist, base+".cdx.json"), "v"+version)
	if got := read(t, filepath.Join(dist, "notes.md")); got != news {
		t.Errorf("notes.md is %q, not %q", got, news)
	}
}

// checkSums demands that SHA256SUMS holds the right sums of exactly these files, and that there are no others.
func checkSums(t *testing.T, dist string, names ...string) {
	t.Helper()
	want, there := make(map[string]string), []string{}
	for _, name := range names {
		sum := sha256.Sum256([]byte(read(t, filepath.Join(dist, name))))
		want[name] = hex.EncodeToString(sum[:])
	}
	got := make(map[string]string)
	for line := range strings.Lines(read(t, filepath.Join(dist, "SHA256SUMS"))) {
		sum, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		got[name] = sum
	}
	if !maps.Equal(got, want) {
		t.Errorf("SHA256SUMS holds %v, not %v", got, want)
	}
	entries, err := os.ReadDir(dist)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		there = append(there, e.Name())
	}
	if want := slices.Sorted(slices.Values(append(names, "SHA256SUMS"))); !slices.Equal(there, want) {
		t.Errorf("dist holds %v, not %v", there, want)
	}
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
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(f)
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
	if err := json.Unmarshal([]byte(read(t, path)), &bom); err != nil {
		t.Fatal(err)
	}
	c := bom.Metadata.Component
	if c.Version != version || !strings.HasPrefix(c.Purl, "pkg:golang/"+c.Name+"@"+version+"?goarch=arm64") || len(bom.Components) == 0 {
		t.Errorf("the bill of materials is of %+v, with %d components", c, len(bom.Components))
	}
	for _, tool := range bom.Metadata.Tools {
		if tool["hashes"] != nil {
			t.Errorf("the hash of a tool that every builder compiles anew: %v", tool)
		}
	}
}

func templateVersion(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`SemanticVersion: (\S+)`).FindStringSubmatch(read(t, "template.yaml"))
	if m == nil {
		t.Fatal("template.yaml has no SemanticVersion")
	}
	return m[1]
}
