package lambdatest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// go test writes down what a test opens, and runs it again when any of that has changed. The test runs itself to see
// what is written down.
func TestDepend(t *testing.T) {
	t.Parallel()
	if os.Getenv("DEPEND") != "" {
		if err := lambdatest.Depend(t.Context(), "../../cmd/lambda"); err != nil {
			t.Fatal(err)
		}
		start(t, lambdatest.Options{}) // of what TestMain has built
		return
	}
	file := filepath.Join(t.TempDir(), "opened")
	itself := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDepend$", "-test.testlogfile="+file)
	itself.Env = append(os.Environ(), "DEPEND=1")
	if out, err := itself.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	opened, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"cmd/lambda", "pkg/handler", "pkg/xdr", "go.mod", "internal/lambdatest/testdata/echo"} {
		name, err := filepath.Abs("../../" + source)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(opened), "\nopen "+name+"\n") {
			t.Errorf("%s is not opened", source)
		}
	}
}
