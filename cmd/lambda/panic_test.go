package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// A bug is built into the real binary, where the credentials are in scope. It costs its check and nothing else.
func TestPanicLeavesTheProcessAlive(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{Binary: withBug(t)})
	r := d.invoke(t, pendingID)
	if r.ErrorType != "XDR.Internal" || !strings.Contains(r.ErrorMessage, "index out of range") || !strings.Contains(r.ErrorMessage, "22519813685314") {
		t.Errorf("%s: %s", r.ErrorType, r.ErrorMessage)
	}
	if r := d.invoke(t, doneID); r.ErrorType != "" {
		t.Errorf("afterwards: %s", body(r))
	}
	if out := d.Output(); !strings.Contains(out, `"stack":"goroutine`) {
		t.Errorf("log: %s", out)
	}
	d.holdsNoKey(t, r)
}

// withBug builds the bootstrap with a fault in the schedule.
func withBug(t *testing.T) string {
	t.Helper()
	source, err := filepath.Abs("../../pkg/handler/wait.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	broken := bytes.Replace(text, []byte("return int(max(1, seconds))"), []byte("return []int{}[int(seconds)]"), 1)
	if err != nil || bytes.Equal(broken, text) {
		t.Fatalf("no fault in %s: %v", source, err)
	}
	dir := t.TempDir()
	replaced := filepath.Join(dir, "wait.go")
	if err := os.WriteFile(replaced, broken, 0o600); err != nil {
		t.Fatal(err)
	}
	binary, err := lambdatest.Build(t.Context(), ".", dir, map[string]string{source: replaced})
	if err != nil {
		t.Fatal(err)
	}
	return binary
}
