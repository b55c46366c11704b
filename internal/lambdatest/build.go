package lambdatest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build compiles the main package in the folder pkgDir as for [Lambda] and returns the path of the binary,
// outDir/bootstrap.
//
// overlay, which may be nil, maps source files to the files that are compiled in their place ([go build]
// -overlay): a test can so inject a fault into the real binary without a hook in it.
//
// [Lambda]: https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
// [go build]: https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
func Build(ctx context.Context, pkgDir, outDir string, overlay map[string]string) (string, error) {
	outDir, err := filepath.Abs(outDir)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(outDir, "bootstrap")
	args := []string{"build", "-buildvcs=false", "-trimpath", "-tags", "lambda.norpc,nethttpomithttp2", "-ldflags", "-s -w", "-o", binary}
	if len(overlay) > 0 {
		file := filepath.Join(outDir, "overlay.json")
		if err := writeOverlay(file, overlay); err != nil {
			return "", err
		}
		args = append(args, "-overlay", file)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, ".")...) //nolint:gosec // a test chooses what it builds
	cmd.Dir = pkgDir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("lambdatest: build %s: %w\n%s", pkgDir, err, out)
	}
	return binary, nil
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
