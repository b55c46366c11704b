package lambdatest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build compiles the main package in pkgDir as for Lambda and returns the path of the bootstrap in outDir. overlay maps
// source files to files that take their place, both absolute: a fault can be built in without a hook in the source.
func Build(ctx context.Context, pkgDir, outDir string, overlay map[string]string) (string, error) {
	bootstrap := filepath.Join(outDir, "bootstrap")
	args := []string{"build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", bootstrap}
	if overlay != nil {
		raw, err := json.Marshal(map[string]any{"Replace": overlay})
		if err != nil {
			return "", err
		}
		file := filepath.Join(outDir, "overlay.json")
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			return "", err
		}
		args = append(args, "-overlay", file)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, ".")...) //nolint:gosec // the arguments are the test's own
	cmd.Dir = pkgDir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build in %s: %w\n%s", pkgDir, err, out)
	}
	return bootstrap, nil
}
