package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// Typed at a terminal, the key is not shown.
func TestSecretCreateHidesWhatIsTyped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "aws"), []byte("#!/bin/sh\ncat >\"$GOT\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	control, terminal := openTerminal(t, 80)
	cmd := exec.CommandContext(t.Context(), "../../secret/create", "xdr/acme", "https://api-acme.xdr.us.paloaltonetworks.com", "7", "advanced")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "GOT="+filepath.Join(dir, "got"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = terminal.Close()
	for range 10_000 { // the terminal shows what is typed until the script reads the key
		mode, err := unix.IoctlGetTermios(int(control.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		if mode.Lflag&unix.ECHO == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := io.WriteString(control, xdrtest.Canary+"\n"); err != nil {
		t.Fatal(err)
	}
	var screen bytes.Buffer
	_, _ = io.Copy(&screen, control) // ends with an error when the script has ended
	if err := cmd.Wait(); err != nil || !strings.Contains(screen.String(), "API key (it is not shown): ") || xdrtest.Leak(screen.String(), xdrtest.Canary) != "" {
		t.Errorf("%v: %q", err, screen.String())
	}
	if got, err := os.ReadFile(filepath.Join(dir, "got")); err != nil || !strings.Contains(string(got), `"api_key": "`+xdrtest.Canary+`"`) {
		t.Errorf("%v: %s", err, got)
	}
}
