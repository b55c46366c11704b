package repo

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

const news = "### Added\n\n- One thing,\n  and more of it.\n\n### Fixed\n\n- Another.\n"

// make release gives the same files in two clones of a commit, which differ in their path and tags, and in all of the
// environment that can change what Go builds.
func TestRelease(t *testing.T) {
	t.Parallel()
	version := find(read(t, "template.yaml"), `SemanticVersion: (\S+)`)[0]
	home := t.TempDir()
	write(t, filepath.Join(home, ".config", "go", "env"), "GOFIPS140=latest\nGOAMD64=v3\nGOEXPERIMENT=heapminimum512kib\n")
	first := release(t, version, "a", "v1.99.0", "TZ=UTC")
	dist := release(t, version, "another/folder", "other", "TZ=Asia/Tokyo", "GOARM64=v9.0", "GOFLAGS=-tags=other",
		"GOFIPS140=latest", "GOEXPERIMENT=heapminimum512kib", "GODEBUG=fips140=on", "CGO_ENABLED=1", "HOME="+home, "GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE"))
	sums := read(t, filepath.Join(dist, "SHA256SUMS"))
	t.Logf("\n%s", sums)
	if other := read(t, filepath.Join(first, "SHA256SUMS")); other != sums {
		t.Errorf("two clones give\n%s\nand\n%s", other, sums)
	}
	run(t, dist, nil, "sha256sum", "--check", "--strict", "SHA256SUMS")

	want := []string{"notes.md", "xdr-action-status_" + version + ".template.yaml"}
	for name, target := range functions {
		want = append(want, "xdr-action-status_"+version+"_"+name+".zip")
		checkFunction(t, filepath.Join(dist, want[len(want)-1]), target.machine, target.fips)
	}
	for _, target := range archives {
		want = append(want, "xdrwait_"+version+"_"+target)
		checkCommand(t, filepath.Join(dist, want[len(want)-1]), "v"+version)
	}
	for _, name := range []string{"xdr-action-status", "xdrwait"} {
		want = append(want, name+"_"+version+".cdx.json")
		checkBOM(t, filepath.Join(dist, want[len(want)-1]), "v"+version)
	}
	slices.Sort(want)
	if got := find(sums, `(?m)^[0-9a-f]{64}  (.+)$`); !slices.Equal(got, want) {
		t.Errorf("SHA256SUMS is of %v, want %v", got, want)
	}
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
	clone := filepath.Join(t.TempDir(), path)
	same := []string{"GIT_AUTHOR_DATE=2026-11-25T12:00:00Z", "GIT_COMMITTER_DATE=2026-11-25T12:00:00Z"}
	git := func(args ...string) {
		t.Helper()
		identity := []string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}
		run(t, root, same, "git", append(append(identity, "--git-dir", filepath.Join(clone, ".git")), args...)...)
	}
	run(t, root, nil, "git", "init", "-q", clone)
	git("--work-tree", ".", "add", "--all")
	git("commit", "-q", "-m", "the working tree")
	git("--work-tree", clone, "checkout", "-q", "--force", "HEAD")
	changelog := "# Changelog\n\n## Unreleased\n\n- Later.\n\n## %s - 2026-11-25\n\n%s\n## 0.0.1\n\n- Before.\n"
	write(t, filepath.Join(clone, "CHANGELOG.md"), fmt.Sprintf(changelog, version, news))
	git("--work-tree", clone, "commit", "-q", "-m", "the release", "CHANGELOG.md")
	git("tag", tag)
	run(t, root, nil, "mkdir", "-p", ".tools")
	run(t, root, nil, "ln", "-s", "--relative", ".tools", clone)
	write(t, filepath.Join(clone, "dist", "xdr-action-status_0.0.1_linux_arm64.zip"), "of an earlier release")
	run(t, clone, env, "make", "release", "VERSION="+version)
	return filepath.Join(clone, "dist")
}

// functions are the zips of the function: the processor of each, and the module for cryptography if it is a frozen one.
var functions = map[string]struct {
	machine elf.Machine
	fips    string
}{
	"linux_arm64":       {machine: elf.EM_AARCH64},
	"linux_x86_64":      {machine: elf.EM_X86_64},
	"fips_linux_arm64":  {machine: elf.EM_AARCH64, fips: "v1.0.0-c2097c7c"},
	"fips_linux_x86_64": {machine: elf.EM_X86_64, fips: "v1.0.0-c2097c7c"},
}

// archives are those of xdrwait.
var archives = []string{
	"linux_amd64.tar.gz", "linux_arm64.tar.gz", "darwin_amd64.tar.gz", "darwin_arm64.tar.gz", "windows_amd64.zip", "windows_arm64.zip",
}

// checkFunction demands what Lambda's provided.al2023 runs: an executable named bootstrap for the machine, and nothing
// else. A FIPS one is built with the frozen module, and starts in FIPS mode.
func checkFunction(t *testing.T, path string, machine elf.Machine, fips string) {
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
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	mode := map[bool]string{true: "fips140=on"}[fips != ""]
	if setting(info, "GOFIPS140") != fips || setting(info, "DefaultGODEBUG") != mode {
		t.Errorf("%s has other cryptography than %q: %v", path, fips, info.Settings)
	}
	for _, p := range binary.Progs {
		if p.Type == elf.PT_INTERP {
			t.Errorf("%s is linked dynamically", path)
		}
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(value))
}

func setting(info *buildinfo.BuildInfo, name string) string {
	for _, s := range info.Settings {
		if s.Key == name {
			return s.Value
		}
	}
	return ""
}

// checkCommand unpacks an archive of xdrwait, which must know its version and be for the system that its name says.
func checkCommand(t *testing.T, archive, version string) {
	t.Helper()
	dir := t.TempDir()
	unpack, name := []string{"tar", "-xzpf", archive}, "xdrwait"
	if filepath.Ext(archive) == ".zip" {
		unpack, name = []string{"python3", "-m", "zipfile", "-e", archive, "."}, "xdrwait.exe"
	}
	run(t, dir, nil, unpack[0], unpack[1:]...)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 || entries[0].Name() != "LICENSE" || entries[1].Name() != name {
		t.Fatalf("%s holds %v, %v", archive, entries, err)
	}
	info, err := buildinfo.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	target := "_" + setting(info, "GOOS") + "_" + setting(info, "GOARCH") + "."
	if info.Main.Version != version || !strings.Contains(archive, target) || setting(info, "CGO_ENABLED") != "0" {
		t.Errorf("%s is %s for %s: %v", archive, info.Main.Version, target, info.Settings)
	}
	if target == "_"+runtime.GOOS+"_"+runtime.GOARCH+"." {
		run(t, dir, nil, "sh", "-c", "./xdrwait --version | grep -x 'xdrwait version "+regexp.QuoteMeta(version)+"'")
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
