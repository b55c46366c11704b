package bench

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

var update = flag.Bool("update", false, "write testdata/modules.txt and the tables of docs/performance.md")

const root = "../.." // of the repository

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// meter is a file with which a program tells its allocations.
const meter = "testdata/meter.go"

// build compiles a package of the repository as for Lambda, with more files in it.
func build(t testing.TB, pkg string, files ...string) string {
	t.Helper()
	pkg = filepath.Join(root, pkg)
	overlay := map[string]string{}
	for _, file := range files {
		overlay[filepath.Join(pkg, filepath.Base(file))] = file
	}
	binary, err := lambdatest.Build(t.Context(), pkg, t.TempDir(), overlay)
	check(t, err)
	return binary
}

// size returns the bytes of a binary, alone and in a zip file.
func size(t testing.TB, binary string) (plain, zipped int) {
	t.Helper()
	content, err := os.ReadFile(binary)
	check(t, err)
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.Create("bootstrap")
	check(t, err)
	_, err = w.Write(content)
	check(t, err)
	check(t, z.Close())
	return len(content), archive.Len()
}

// shipped returns the binary that sam build makes for an architecture, in Go's name for it.
func shipped(t testing.TB, arch string) string {
	t.Helper()
	out := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "make", "-s", "build-StatusFunction", "GOARCH="+arch, "ARTIFACTS_DIR="+out)
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return filepath.Join(out, "bootstrap")
}

// modules returns the paths of the modules that are linked into a Go binary.
func modules(t testing.TB, binary string) []string {
	t.Helper()
	info, err := buildinfo.ReadFile(binary)
	check(t, err)
	var paths []string
	for _, m := range info.Deps {
		paths = append(paths, m.Path)
	}
	slices.Sort(paths)
	return paths
}

func TestSize(t *testing.T) {
	t.Parallel()
	for arch, most := range map[string]struct{ plain, zipped int }{
		"arm64": {7_500_000, 3_200_000},
		"amd64": {8_100_000, 3_550_000},
	} {
		plain, zipped := size(t, shipped(t, arch))
		t.Logf("%s: %d bytes, zipped %d", arch, plain, zipped)
		if plain > most.plain || zipped > most.zipped {
			t.Errorf("%s: %d bytes, zipped %d; at most %d, %d", arch, plain, zipped, most.plain, most.zipped)
		}
	}
}

func TestModules(t *testing.T) {
	t.Parallel()
	const file = "testdata/modules.txt"
	linked := strings.Join(modules(t, build(t, "cmd/lambda")), "\n") + "\n"
	if *update {
		check(t, os.WriteFile(file, []byte(linked), 0o600))
	}
	want, err := os.ReadFile(file)
	check(t, err)
	if linked != string(want) {
		t.Errorf("linked into the function:\n%swant, by %s:\n%s", linked, file, want)
		t.Log("if that is meant: go test ./test/bench -run Modules -update")
	}
}
