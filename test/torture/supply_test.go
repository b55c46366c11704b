package torture

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// linked are the modules in the binary. A new one is a decision: add it here, and say why in docs/adr.
var linked = []string{
	"github.com/aws/aws-lambda-go",
	"github.com/aws/aws-sdk-go-v2",
	"github.com/aws/aws-sdk-go-v2/internal/configsources",
	"github.com/aws/aws-sdk-go-v2/internal/endpoints/v2",
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager",
	"github.com/aws/smithy-go",
}

func TestLinkedModulesAndLicences(t *testing.T) {
	t.Parallel()
	var found []string
	for _, m := range must(buildinfo.ReadFile(bootstrap)).Deps {
		t.Log(m.Path, m.Version)
		found = append(found, m.Path)
		list := exec.Command("go", "-C", "../..", "list", "-m", "-f", "{{.Dir}}", m.Path)
		folder := strings.TrimSpace(string(must(list.Output())))
		files := must(filepath.Glob(filepath.Join(folder, "LICENSE*")))
		if len(files) == 0 || !strings.Contains(string(must(os.ReadFile(files[0]))), "Apache License") {
			t.Errorf("%s is not under the Apache License: %v", m.Path, files)
		}
	}
	if !slices.Equal(found, linked) {
		t.Errorf("linked: %v\nexpected: %v", found, linked)
	}
}
