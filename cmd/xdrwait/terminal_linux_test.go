package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// On a terminal there is one live line, drawn over itself.
func TestLiveLineOnATerminal(t *testing.T) {
	t.Parallel()
	control, terminal := openTerminal(t)
	var drawn bytes.Buffer
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(&drawn, control) // ends with an error when the terminal is closed
	}()
	var stdout bytes.Buffer
	code := run(t.Context(), []string{"--simulate", "errors", "--speed", "30"}, &stdout, terminal)
	_ = terminal.Close()
	<-copied
	out := drawn.String()
	for _, part := range []string{"action 22519813685311", "XDR.Unavailable", "done: 5 ok, 0 failed, 0 pending", "\x1b["} {
		if !strings.Contains(out, part) {
			t.Errorf("%q was not drawn: %q", part, out)
		}
	}
	if code != 0 || !strings.HasPrefix(stdout.String(), "done") {
		t.Errorf("exit code %d: %s", code, stdout.String())
	}
}

func openTerminal(t *testing.T) (control, terminal *os.File) {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = control.Close() })
	fd := int(control.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 120}); err != nil {
		t.Fatal(err)
	}
	return control, terminal
}
