package lambdatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Build compiles the main package in the folder pkgDir as for [Lambda] and returns the path of the binary,
// outDir/bootstrap. overlay, which may be nil, maps source files to the files that are compiled in their place, as
// -overlay of [go build] does: so a test can put a fault into the real binary without a hook in it.
//
// [Lambda]: https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
// [go build]: https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
func Build(ctx context.Context, pkgDir, outDir string, overlay map[string]string) (string, error) {
	replace := map[string]string{}
	for source, replacement := range overlay {
		replace[absolute(source)] = absolute(replacement)
	}
	content, _ := json.Marshal(map[string]any{"Replace": replace}) // strings only
	file := absolute(filepath.Join(outDir, "overlay.json"))
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return "", err
	}
	binary := absolute(filepath.Join(outDir, "bootstrap"))
	args := []string{"build", "-buildvcs=false", "-trimpath", "-overlay", file, "-ldflags", "-s -w", "-o", binary,
		"-tags", "lambda.norpc,nethttpomithttp2", "."} // without the protocol of an old runtime, and HTTP/2, which is off
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // a test chooses what it builds
	cmd.Dir = pkgDir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("lambdatest: go build in %s: %w\n%s", pkgDir, err, out)
	}
	return binary, nil
}

// absolute is for the paths that a process in another folder is given.
func absolute(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		panic(err) // the test's own folder is gone
	}
	return path
}

// openSources makes the result that go test keeps of the calling test depend on the sources of the module. go test does
// not see what another process compiles. But it sees which folders of the test's module the test opens (see
// [go help test]), and runs the test again when a file in one of them has changed.
//
// [go help test]: https://pkg.go.dev/cmd/go#hdr-Test_packages
func openSources() error {
	_, here, _, _ := runtime.Caller(0)
	open := func(root string) error {
		return filepath.WalkDir(filepath.Join(filepath.Dir(here), "../..", root),
			func(_ string, _ fs.DirEntry, err error) error { return err })
	}
	return errors.Join(open("go.mod"), open("cmd"), open("pkg"))
}
