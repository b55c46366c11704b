package lambdatest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

func TestOverlayReplacesASource(t *testing.T) {
	t.Parallel()
	const source = "testdata/echo/main.go" // relative to the test, not to the package that is built
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replaced := filepath.Join(dir, "main.go")
	text = []byte(strings.Replace(string(text), `greeting = "plain"`, `greeting = "replaced"`, 1))
	if err := os.WriteFile(replaced, text, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := lambdatest.Build(t.Context(), filepath.Dir(source), dir, map[string]string{source: replaced})
	if err != nil {
		t.Fatal(err)
	}
	faulty := lambdatest.Start(t, lambdatest.Options{Binary: b})
	if r := invoke(t, faulty, `"greet"`); string(r.Payload) != "replaced" {
		t.Errorf("with the overlay: %s", r.Payload)
	}
	if r := invoke(t, start(t, lambdatest.Options{}), `"greet"`); string(r.Payload) != "plain" {
		t.Errorf("without: %s", r.Payload)
	}
}

func TestBuildSaysWhatTheCompilerSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.go")
	if err := os.WriteFile(broken, []byte("package main\n\nfunc main() { undefined() }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := lambdatest.Build(t.Context(), "testdata/echo", dir, map[string]string{"testdata/echo/main.go": broken})
	if err == nil || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Error(err)
	}
}
