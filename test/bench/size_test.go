package bench

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

const root = "../.." // of the repository

// must is for what only fails if the benchmark is wrong, or the machine.
func must[T any](value T, err error) T {
	try(err)
	return value
}

// try is must without a value.
func try(err error) {
	if err != nil {
		panic(err)
	}
}

// build compiles a package of the repository as for Lambda, with more files in it.
func build(t testing.TB, pkg string, files ...string) string {
	pkg = filepath.Join(root, pkg)
	overlay := map[string]string{}
	for _, file := range files {
		overlay[filepath.Join(pkg, filepath.Base(file))] = file
	}
	return must(lambdatest.Build(t.Context(), pkg, t.TempDir(), overlay))
}

// size returns the bytes of a binary, alone and in a zip file.
func size(binary string) (plain, zipped int) {
	content := must(os.ReadFile(binary))
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	must(must(z.Create("bootstrap")).Write(content))
	try(z.Close())
	return len(content), archive.Len()
}

// shipped returns the binary that sam build makes for an architecture, in Go's name for it.
func shipped(t testing.TB, arch string) string {
	out := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "make", "-s", "build-StatusFunction", "GOARCH="+arch, "ARTIFACTS_DIR="+out)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	try(cmd.Run())
	return filepath.Join(out, "bootstrap")
}

// modules returns the paths of the modules that are linked into a Go binary.
func modules(binary string) []string {
	var paths []string
	for _, m := range must(buildinfo.ReadFile(binary)).Deps {
		paths = append(paths, m.Path)
	}
	return paths
}

func TestSize(t *testing.T) {
	t.Parallel()
	for arch, most := range map[string]struct{ plain, zipped int }{
		"arm64": {7_500_000, 3_200_000},
		"amd64": {8_100_000, 3_550_000},
	} {
		plain, zipped := size(shipped(t, arch))
		t.Logf("%s: %d bytes, zipped %d", arch, plain, zipped)
		if plain > most.plain || zipped > most.zipped {
			t.Errorf("%s: %d bytes, zipped %d; at most %d, %d", arch, plain, zipped, most.plain, most.zipped)
		}
	}
}

func TestModules(t *testing.T) {
	t.Parallel()
	want := []string{
		"github.com/aws/aws-lambda-go",
		"github.com/aws/aws-sdk-go-v2",
		"github.com/aws/aws-sdk-go-v2/internal/configsources",
		"github.com/aws/aws-sdk-go-v2/internal/endpoints/v2",
		"github.com/aws/aws-sdk-go-v2/service/secretsmanager",
		"github.com/aws/smithy-go",
	}
	if got := modules(build(t, "cmd/lambda")); !slices.Equal(got, want) {
		t.Errorf("linked into the function: %q, want %q", got, want)
	}
}
