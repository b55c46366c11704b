package lambdatest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// tags leave out the protocol of an old runtime, and HTTP/2, which is off.
const tags = "lambda.norpc,nethttpomithttp2"

// Build compiles the main package in the folder pkgDir as for [Lambda] and returns the path of the binary,
// outDir/bootstrap. overlay, which may be nil, maps source files to the files that are compiled in their place, as
// -overlay of [go build] does: so a test can put a fault into the real binary without a hook in it.
//
// [Lambda]: https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
// [go build]: https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
func Build(ctx context.Context, pkgDir, outDir string, overlay map[string]string) (string, error) {
	outDir, err := filepath.Abs(outDir)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(outDir, "bootstrap")
	args := []string{"build", "-buildvcs=false", "-trimpath", "-tags", tags, "-ldflags", "-s -w", "-o", binary}
	if len(overlay) > 0 {
		file := filepath.Join(outDir, "overlay.json")
		if err := writeOverlay(file, overlay); err != nil {
			return "", err
		}
		args = append(args, "-overlay", file)
	}
	if _, err := goCommand(ctx, pkgDir, append(args, ".")...); err != nil {
		return "", err
	}
	list, err := sources(ctx, pkgDir)
	built.Store(binary, list)
	return binary, err
}

// goCommand runs a go command in a folder and returns its standard output.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	var stdout, stderr strings.Builder
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // a test chooses what it builds
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stdout = &stdout
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("lambdatest: go %s in %s: %w\n%s", args[0], dir, err, &stderr)
	}
	return stdout.String(), nil
}

// writeOverlay writes the file that -overlay reads, with absolute paths: the compiler runs in another folder.
func writeOverlay(file string, overlay map[string]string) error {
	replace := make(map[string]string, len(overlay))
	for source, replacement := range overlay {
		source, err := filepath.Abs(source)
		if err != nil {
			return err
		}
		if replace[source], err = filepath.Abs(replacement); err != nil {
			return err
		}
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o600)
}

// built has the sources of each binary. Most are built in a TestMain, where go test does not look yet.
var built sync.Map

// sources lists what a main package is made of: its folder, the folders of what it imports from its module, and go.mod.
func sources(ctx context.Context, pkgDir string) ([]string, error) {
	const format = "{{with .Module}}{{if .Main}}{{$.Dir}}\n{{.GoMod}}{{end}}{{end}}"
	list, err := goCommand(ctx, pkgDir, "list", "-deps", "-tags", tags, "-f", format, ".")
	return strings.FieldsFunc(list, func(r rune) bool { return r == '\n' }), err
}

// openSources makes the result that go test keeps of the calling test depend on what the binary was built from. go test
// does not see what another process compiles. But it sees which folders of the test's module the test opens (see
// [go help test]), and runs the test again when a file in one of them has changed. To import the packages would not be
// enough: the linker leaves out of the test what no test calls, and a change there leaves the test as it was.
//
// [go help test]: https://pkg.go.dev/cmd/go#hdr-Test_packages
func openSources(binary string) error {
	list, _ := built.Load(binary)
	names, _ := list.([]string) // none for a binary that Build has not built
	for _, name := range names {
		file, err := os.Open(name) //nolint:gosec // go list has named it
		if err != nil {
			return err
		}
		_ = file.Close() // nothing was read
	}
	return nil
}
