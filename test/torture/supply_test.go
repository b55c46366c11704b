package torture

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// test/bench knows which modules are linked into the function.
func TestLicences(t *testing.T) {
	t.Parallel()
	for _, m := range must(buildinfo.ReadFile(bootstrap)).Deps {
		list := exec.Command("go", "-C", "../..", "list", "-m", "-f", "{{.Dir}}", m.Path)
		files := must(filepath.Glob(filepath.Join(strings.TrimSpace(string(must(list.Output()))), "LICENSE*")))
		if len(files) == 0 || !strings.Contains(string(must(os.ReadFile(files[0]))), "Apache License") {
			t.Errorf("%s is not under the Apache License: %v", m.Path, files)
		}
	}
}
