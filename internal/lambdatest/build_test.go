package lambdatest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// changed builds testdata/echo with its source changed by an overlay.
func changed(t *testing.T, from, to string) (string, error) {
	t.Helper()
	const source = "testdata/echo/main.go" // relative to the test, not to the package that is built
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay := filepath.Join(dir, "main.go")
	if err := os.WriteFile(overlay, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return lambdatest.Build(t.Context(), filepath.Dir(source), dir, map[string]string{source: overlay})
}

func TestBuild(t *testing.T) {
	t.Parallel()
	b, err := changed(t, `greeting = "plain"`, `greeting = "replaced"`)
	if err != nil {
		t.Fatal(err)
	}
	if r := invoke(t, lambdatest.Start(t, lambdatest.Options{Binary: b}), `"greet"`); string(r.Payload) != "replaced" {
		t.Errorf("with the overlay: %s", r.Payload)
	}
	if r := invoke(t, start(t, lambdatest.Options{}), `"greet"`); string(r.Payload) != "plain" {
		t.Errorf("without: %s", r.Payload)
	}
	if _, err := changed(t, "func main() {", "func main() { undefined()"); err == nil ||
		!strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("a compiler error: %v", err)
	}
}

// go test writes down what a test opens, and runs it again when any of that has changed. The test runs itself to see
// what is written down.
func TestStartOpensTheSources(t *testing.T) {
	t.Parallel()
	if os.Getenv("OPENS") != "" {
		b, err := lambdatest.Build(t.Context(), "../../cmd/lambda", t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		lambdatest.Start(t, lambdatest.Options{Binary: b})
		return
	}
	file := filepath.Join(t.TempDir(), "opened")
	itself := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.testlogfile="+file)
	itself.Env = append(os.Environ(), "OPENS=1")
	if out, err := itself.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	opened, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"go.mod", "cmd/lambda", "pkg/handler", "pkg/xdr"} {
		name, err := filepath.Abs("../../" + source)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(opened), "\nopen "+name+"\n") {
			t.Errorf("%s is not opened", source)
		}
	}
}
