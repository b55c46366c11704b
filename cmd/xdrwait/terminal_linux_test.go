package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// onTerminal runs the command with a terminal for its messages, and with all for its verdict too. It returns what was
// drawn.
func onTerminal(t *testing.T, columns uint16, all bool, args ...string) (code int, stdout, drawn string) {
	t.Helper()
	control, terminal := openTerminal(t, columns)
	drawing := watch(control)
	var plain bytes.Buffer
	var out io.Writer = &plain
	if all {
		out = terminal
	}
	code = run(t.Context(), args, nil, out, terminal)
	_ = terminal.Close()
	return code, plain.String(), <-drawing
}

// watch sends what has been drawn, once the terminal is closed.
func watch(control *os.File) <-chan string {
	drawing := make(chan string, 1)
	go func() {
		drawn, _ := io.ReadAll(control) // always ends with an error
		drawing <- string(drawn)
	}()
	return drawing
}

// On a terminal there is one live line, drawn over itself.
func TestLiveLineOnATerminal(t *testing.T) {
	t.Parallel()
	code, stdout, out := onTerminal(t, 120, false, "--simulate", "errors", "--speed", "30")
	for _, part := range []string{"action 22519813685311", "XDR.Unavailable", "done: 5 ok, 0 failed, 0 pending", "\x1b["} {
		if !strings.Contains(out, part) {
			t.Errorf("%q was not drawn: %q", part, out)
		}
	}
	if code != 0 || !strings.HasPrefix(stdout, "done") || strings.Contains(stdout, "\x1b") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
}

// Why a wait ended without a verdict is written above the live lines, in full and once, and stays.
func TestAnErrorOnATerminal(t *testing.T) {
	t.Parallel()
	file := inFile(t, `{"description": "x", "faults": [{"status": 403}]}`)
	code, stdout, out := onTerminal(t, 60, false, "--simulate", file, "1", "2")
	for _, id := range []string{"1", "2"} {
		if strings.Count(out, "xdrwait: XDR.Unauthorized: group_action_id "+id+": Cortex XDR answered 403") != 1 {
			t.Errorf("the error of %s was not drawn once: %q", id, out)
		}
	}
	if code != exitUnknown || stdout != "" || !strings.Contains(out, "could not find out") {
		t.Errorf("exit code %d: %s%q", code, stdout, out)
	}
}

// A live line that is wider than the terminal would wrap, and each redrawing leave a piece of it behind.
func TestLiveLinesFitTheTerminal(t *testing.T) {
	t.Parallel()
	for _, columns := range []uint16{20, 40, 80, 200} {
		_, _, out := onTerminal(t, columns, false, "--simulate", "errors", "--speed", "100", "1", "22519813685311")
		text := regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]").ReplaceAllString(out, "\n")
		widest := 0
		for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
			widest = max(widest, utf8.RuneCountInString(line))
		}
		if widest > int(columns) || widest < int(columns)/2 {
			t.Errorf("%d columns: a line of %d", columns, widest)
		}
	}
}

// Not parallel: the environment decides.
func TestColoursAreAskedFor(t *testing.T) {
	red := "\x1b[31mfailed\x1b[0m (endpoints_failed)"
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm-256color")
	if _, _, out := onTerminal(t, 80, true, "--simulate", "failed"); !strings.Contains(out, red) {
		t.Errorf("no colour: %q", out)
	}
	t.Setenv("NO_COLOR", "1")
	_, _, out := onTerminal(t, 80, true, "--simulate", "failed")
	colour := regexp.MustCompile("\x1b\\[[0-9;]*m")
	if colour.MatchString(out) || !strings.Contains(out, "\nfailed (endpoints_failed)") {
		t.Errorf("NO_COLOR, and colours: %q", out)
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	_, _, out = onTerminal(t, 80, true, "--simulate", "failed")
	if strings.Contains(out, "\x1b") || !strings.Contains(out, "failed (endpoints_failed)") {
		t.Errorf("a dumb terminal, and control sequences: %q", out)
	}
}

func openTerminal(t *testing.T, columns uint16) (control, terminal *os.File) {
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
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	return control, terminal
}
