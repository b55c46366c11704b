package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/mattn/go-runewidth"
	"golang.org/x/sys/unix"
)

// onTerminal runs the command with a terminal for its messages, and with all for its verdict too. It returns what was
// drawn.
func onTerminal(t *testing.T, columns uint16, all bool, args ...string) (code int, stdout, drawn string) {
	t.Helper()
	control, terminal := openTerminal(t, columns)
	d := watch(control)
	var plain bytes.Buffer
	var out io.Writer = &plain
	if all {
		out = terminal
	}
	code = run(t.Context(), args, nil, out, terminal)
	_ = terminal.Close()
	return code, plain.String(), d.all()
}

// drawing is what has been drawn until now.
type drawing struct {
	output

	ended chan struct{}
}

func watch(control *os.File) *drawing {
	d := &drawing{ended: make(chan struct{})}
	go func() {
		_, _ = io.Copy(d, control) // always ends with an error
		close(d.ended)
	}()
	return d
}

// all is what has been drawn once the terminal is closed.
func (d *drawing) all() string {
	<-d.ended
	return d.String()
}

// On a terminal there is one live line, drawn over itself.
func TestLiveLineOnATerminal(t *testing.T) {
	t.Parallel()
	code, stdout, out := onTerminal(t, 120, false, "--simulate", "errors", "--speed", "30")
	for _, part := range []string{
		"\x1b[1A\x1b[J\r22519813685311 unreachable: connection reset by peer · retry ",
		"\x1b[1A\x1b[J\r22519813685311 [========================] 5 ok 0 failed 0 pending · done\r\n",
	} {
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
	if code != exitUnknown || stdout != "" || !strings.HasSuffix(out, "\x1b[2A\x1b[J") {
		t.Errorf("exit code %d: %s%q", code, stdout, out)
	}
}

// A live line that is wider than the terminal would wrap, and each redrawing leave a piece of it behind.
func TestLiveLinesFitTheTerminal(t *testing.T) {
	t.Parallel()
	control := regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]|[\r\n]+")
	for _, columns := range []uint16{20, 40, 80, 120, 200} {
		for _, ids := range [][]string{{"22519813685311"}, {"22519813685311", "2", "3", "4", "5"}} {
			_, _, out := onTerminal(t, columns, false, append([]string{"--simulate", "errors", "--speed", "200"}, ids...)...)
			for _, line := range control.Split(out, -1) {
				if runewidth.StringWidth(line) > int(columns) {
					t.Errorf("%d columns: %s", columns, line)
				}
			}
			if got := strings.Count(out[strings.LastIndex(out, "\x1b"):], "5 ok 0 fail"); got != len(ids) {
				t.Errorf("%d columns: %d of %d actions in the end: %q", columns, got, len(ids), out)
			}
		}
	}
}

// Ctrl-C tells once of each action that it goes on, and where it stood. The terminal shows ^C and moves the cursor, so
// each line that is drawn begins at the left.
func TestAnInterruptOnATerminal(t *testing.T) {
	t.Parallel()
	p, control, terminal := startOnTerminal(t, []string{"NO_COLOR=1"}, "--simulate", "pending", "--speed", "0.001", "1", "2")
	drawn := watch(control)
	drawn.await(t, "\r1 [===============>--------] 1 ok 1 failed 1 pending · 5s\r\n\r2 [")
	_, _ = io.WriteString(control, "\x03")
	code := p.end()
	_ = terminal.Close()
	shown := drawn.all()
	for _, id := range []string{"1", "2"} {
		goesOn := "\rxdrwait: interrupted: action " + id + " goes on, and the same command watches on\r\n"
		stood := "action " + id + ": pending (in_progress) after 0s: 3 endpoints, 1 succeeded, 1 failed, 1 pending\r\n"
		if strings.Count(shown, goesOn) != 1 || strings.Count(shown, stood) != 1 {
			t.Errorf("action %s: %q", id, shown)
		}
	}
	_, after, interrupted := strings.Cut(shown, "^C")
	if code != exitUnknown || !interrupted || regexp.MustCompile("\x1b\\[J(22|[12] )").MatchString(after) {
		t.Errorf("exit code %d: %q", code, shown)
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

// startOnTerminal starts the command with a terminal for all, in which Ctrl-C is a signal.
func startOnTerminal(t *testing.T, env []string, args ...string) (p *process, control, terminal *os.File) {
	t.Helper()
	control, terminal = openTerminal(t, 80)
	p = prepare(t, env, args...)
	p.Stdin = terminal
	p.Stdout = terminal
	p.Stderr = terminal
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	p.begin(t)
	return p, control, terminal
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
