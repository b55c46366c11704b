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

// On a terminal there is one live line for each action, drawn over itself. One that is wider than the terminal would
// wrap, and each redrawing leave a piece of it behind.
func TestLiveLines(t *testing.T) {
	t.Parallel()
	late := inFile(t, `{"description": "x", "agents": [{"count": 5, "timeline": [{"at": 0, "status": "COMPLETED_SUCCESSFULLY"}]}],
		"faults": [{"from": 1, "status": 503}]}`)
	control := regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]|[\r\n]+")
	for columns, trouble := range map[uint16]string{
		20: "\ranswered 503: Servi…", 80: "\r22519813685311 answered 503: Service Unavailable · retry ", 200: " · no answer yet",
	} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Parallel()
			args := strings.Fields("--speed 5 --simulate " + late + " 22519813685311 2 3")
			code, stdout, out := onTerminal(t, columns, false, args...)
			last := out[strings.LastIndex(out, "\x1b"):]
			if code != exitDone || strings.Contains(stdout, "\x1b") || !strings.Contains(out, trouble) ||
				strings.Count(last, "5 ok 0 fail") != 3 {
				t.Errorf("exit code %d: %s%q", code, stdout, out)
			}
			for _, line := range control.Split(out, -1) {
				if runewidth.StringWidth(line) > int(columns) {
					t.Errorf("too wide: %s", line)
				}
			}
		})
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
		goesOn := "\rxdrwait: interrupted; action " + id + " goes on: run the same command again\r\n"
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
	for _, c := range []struct{ noColor, term, want, not string }{
		{"", "xterm-256color", "\x1b[31mfailed\x1b[0m (endpoints_failed)", "dumb"},
		{"1", "xterm-256color", "failed (endpoints_failed)", "\x1b[31m"},
		{"", "dumb", "failed (endpoints_failed)", "\x1b"},
	} {
		t.Setenv("NO_COLOR", c.noColor)
		t.Setenv("TERM", c.term)
		if _, _, out := onTerminal(t, 80, true, "--simulate", "failed"); !strings.Contains(out, c.want) || strings.Contains(out, c.not) {
			t.Errorf("%+v: %q", c, out)
		}
	}
}

// startOnTerminal starts the command with a terminal for all, in which Ctrl-C is a signal.
func startOnTerminal(t *testing.T, env []string, args ...string) (p *process, control, terminal *os.File) {
	t.Helper()
	control, terminal = openTerminal(t, 80)
	return startWith(t, func(p *process) {
		p.Stdin = terminal
		p.Stdout = terminal
		p.Stderr = terminal
		p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	}, env, args...), control, terminal
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
