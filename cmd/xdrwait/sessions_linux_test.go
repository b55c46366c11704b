package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"golang.org/x/sys/unix"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const (
	plain  = "TERM=dumb"
	create = "secret create xdr/acme URL 7 advanced --allow-origin URL"
	prompt = "API key (it is not shown): "
	late   = "--simulate LATE --speed 5 22519813685311 2 3"
	goesOn = " goes on: run the same command again\r\n"
	stood  = ": pending (in_progress) after 0s: 3 endpoints, 1 succeeded, 1 failed, 1 pending\r\n"
	denied = "\rxdrwait: XDR.Unauthorized: group_action_id "
)

// sessions are what a person sees on a terminal and types there, and what the command then says and ends with.
var sessions = []struct {
	args    string // URL stands for the tenant's address, DOWN, DENIED and LATE for scenarios
	env     string
	columns uint16 // 0 means 80
	awaits  string
	keys    string // to type then, or "SIGTERM"
	code    int
	shows   []string // each once
	never   string
}{
	// An interrupt ends a wait, and tells once of each action that it goes on, and where it stood.
	{args: "--simulate pending --speed 0.001 7", env: plain, awaits: "pending: 3 endpoints", keys: "SIGTERM",
		code: exitUnknown, shows: []string{"xdrwait: interrupted; action 7" + goesOn, "\npending (in_progress)"}, never: "\x1b"},
	{args: "--simulate DOWN --speed 0.001 7", env: plain, awaits: "answered 503", keys: "\x03",
		code: exitUnknown, shows: []string{"xdrwait: interrupted before the first answer; action 7" + goesOn}, never: "pending"},
	{args: "--simulate pending --speed 0.001 1 2", env: "NO_COLOR=1", keys: "\x03",
		awaits: "\r1 [===============>--------] 1 ok 1 failed 1 pending · 5s\r\n\r2 [===============>--------] 1 ok 1 ",
		code:   exitUnknown,
		shows: []string{"\rxdrwait: interrupted; action 1" + goesOn, "\rxdrwait: interrupted; action 2" + goesOn,
			"action 1" + stood, "action 2" + stood}},

	// Why a wait ended without a verdict is written above the live lines, in full and once, and the lines go.
	{args: "--simulate DENIED 1 2", columns: 60, code: exitUnknown,
		shows: []string{denied + "1: Cortex XDR answered 403", denied + "2: Cortex XDR answered 403", "\x1b[2A\x1b[J$"}},

	// There is one live line for each action, drawn over itself. Others stay.
	{args: late, columns: 20, awaits: "\ranswered 503: Servi…", shows: []string{
		"\x1b[3A\x1b[J\r5 ok 0 fail 0 pend\r\n\r2 5 ok 0 fail 0 pend\r\n\r3 5 ok 0 fail 0 pend\r\naction 22519813685311: "}},
	{args: late, columns: 80, awaits: "\r22519813685311 answered 503: Service Unavailable · retry "},
	{args: late, columns: 200, awaits: " · no verdict yet"},

	// What does not fit on the terminal is not drawn.
	{args: "--simulate done" + strings.Repeat(" 7", 24), env: "NO_COLOR=1", never: "\x1b"},

	{args: "--simulate failed", code: exitFailed, shows: []string{"\x1b[31mfailed\x1b[0m (endpoints_failed)"}},
	{args: "--simulate failed", env: "NO_COLOR=1", code: exitFailed, shows: []string{"failed (endpoints_failed)"}},
	{args: "--simulate failed", env: plain, code: exitFailed, shows: []string{"\nfailed (endpoints_failed)"}, never: "\x1b"},

	// The key is not shown. However the prompt ends, what is typed next is.
	{args: create, awaits: prompt, keys: xdrtest.Canary + "\n", shows: []string{"^" + prompt + "\r\nok  ", "xdr/acme is created"}},
	{args: create, awaits: prompt, keys: xdrtest.Canary[:20] + "\x03",
		code: exitUnknown, shows: []string{"^" + prompt + "\r\nxdrwait: interrupted: nothing is written\r\n$"}},
	{args: create, awaits: prompt, keys: "SIGTERM",
		code: exitUnknown, shows: []string{"^" + prompt + "\r\nxdrwait: interrupted: nothing is written\r\n$"}},
}

func TestSessions(t *testing.T) {
	t.Parallel()
	scenario := strings.NewReplacer(
		"DOWN", inFile(t, `{"description": "x", "faults": [{"status": 503}]}`),
		"DENIED", inFile(t, `{"description": "x", "faults": [{"status": 403}]}`),
		"LATE", inFile(t, `{"description": "x", "faults": [{"from": 1, "status": 503}],
			"agents": [{"count": 5, "timeline": [{"at": 0, "status": "COMPLETED_SUCCESSFULLY"}]}]}`),
	)
	drawing := regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]|[\r\n]+")
	for _, c := range sessions {
		t.Run(fmt.Sprint(c.args, c.env, c.columns, c.keys), func(t *testing.T) {
			t.Parallel()
			sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary})
			columns := cmp.Or(c.columns, 80)
			args := strings.Fields(strings.ReplaceAll(scenario.Replace(c.args), "URL", sim.URL()))
			s := onTerminal(t, columns, []string{awsEndpoint + "=" + sim.URL(), c.env}, args)
			s.does(t, c.awaits, c.keys)
			code, shown := s.ends(t)
			if code != c.code || c.never != "" && strings.Contains(shown, c.never) {
				t.Errorf("exit code %d: %q", code, shown)
			}
			for _, text := range c.shows {
				if strings.Count("^"+shown+"$", text) != 1 {
					t.Errorf("%q is not there once: %q", text, shown)
				}
			}
			_, after, _ := strings.Cut(shown, "^C")
			if regexp.MustCompile("\x1b\\[J(22|[12] )").MatchString(after) {
				t.Errorf("^C moves the cursor, and the line does not begin at the left: %q", shown)
			}
			if leak := xdrtest.Leak(shown, xdrtest.Canary); leak != "" || (sim.Stored("xdr/acme") != "") != strings.Contains(shown, "created") {
				t.Errorf("shows %q of the key, or writes it without saying so: %q", leak, shown)
			}
			live, _, _ := strings.Cut(shown, "action ")
			for _, line := range drawing.Split(live, -1) {
				if c.args == late && runewidth.StringWidth(line) > int(columns) {
					t.Errorf("a line that is too wide would wrap, and each redrawing leave a piece of it: %s", line)
				}
			}
		})
	}
}

// session is a process with a terminal for all that it reads and writes, in which Ctrl-C is a signal.
type session struct {
	*process

	keyboard, terminal *os.File
	drawn              chan struct{} // closed when all that is written is in stdout
}

func onTerminal(t *testing.T, columns uint16, env, args []string) *session {
	t.Helper()
	s := &session{drawn: make(chan struct{})}
	s.open(t, columns)
	s.process = start(t, func(p *process) {
		p.Stdin = s.terminal
		p.Stdout = s.terminal
		p.Stderr = s.terminal
		p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	}, env, args...)
	go func() {
		_, _ = io.Copy(&s.stdout, s.keyboard) // always ends with an error
		close(s.drawn)
	}()
	return s
}

func (s *session) open(t *testing.T, columns uint16) {
	t.Helper()
	var err error
	s.keyboard, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { _ = s.keyboard.Close() })
	fd := int(s.keyboard.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	must(t, err)
	must(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	must(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}))
	s.terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
}

// does types keys, or sends the signal, once a text is shown. What is typed at the prompt must not be.
func (s *session) does(t *testing.T, awaits, keys string) {
	t.Helper()
	s.stdout.await(t, awaits)
	if awaits == prompt {
		until(t, "the terminal hides what is typed", func() bool { return !s.showsTyping() })
	}
	if keys == "SIGTERM" {
		_ = s.Process.Signal(unix.SIGTERM)
		return
	}
	_, _ = io.WriteString(s.keyboard, keys)
}

func (s *session) showsTyping() bool {
	mode, err := unix.IoctlGetTermios(int(s.terminal.Fd()), unix.TCGETS)
	return err == nil && mode.Lflag&unix.ECHO != 0
}

// ends returns the exit code and all that was written. The terminal must show what is typed then.
func (s *session) ends(t *testing.T) (code int, shown string) {
	t.Helper()
	code = s.end()
	if !s.showsTyping() {
		t.Error("the terminal still hides what is typed")
	}
	_ = s.terminal.Close()
	<-s.drawn
	return code, s.stdout.String()
}

// Where no context reaches, here in the read of a scenario from a pipe that nobody writes to, the first signal changes
// nothing and the second one ends the process. A pipe of credentials is left at the first.
func TestASignalEndsAHang(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{unix.SIGINT, unix.SIGTERM} {
		for flag, want := range map[string]string{"--simulate": "signal: " + signal.String(), "--credentials": "exit status 2"} {
			pipe := newPipe(t)
			p := start(t, nil, nil, flag, pipe, "7")
			var writer *os.File
			until(t, "the pipe is read", func() bool {
				var err error
				writer, err = os.OpenFile(pipe, os.O_WRONLY|unix.O_NONBLOCK, 0)
				return err == nil
			})
			defer writer.Close()
			_ = p.Process.Signal(signal)
			go func() {
				for flag == "--simulate" && p.Process.Signal(signal) == nil { // until one after the first ends it
					time.Sleep(10 * time.Millisecond)
				}
			}()
			p.end()
			said := strings.HasPrefix(p.stderr.String(), "xdrwait: --credentials: interrupted before "+pipe)
			if got := p.ProcessState.String(); got != want || said != (flag == "--credentials") {
				t.Errorf("%s: %s, want %s: %s", flag, got, want, &p.stderr)
			}
		}
	}
}

// newPipe makes a named pipe, and returns its path.
func newPipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe.json")
	must(t, unix.Mkfifo(path, 0o600))
	return path
}

// A pipe gives its text once: to all checks of all waits, and where the key is refused there is no other.
func TestAPipeIsReadOnce(t *testing.T) {
	t.Parallel()
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{load(t, "done")}})
	pipe := newPipe(t)
	text := []byte(sim.SecretValue())
	for _, want := range []string{"action " + doneID + ": done", "xdrwait: XDR.Unauthorized: group_action_id " + doneID} {
		go os.WriteFile(pipe, text, 0o600) // waits for the reader
		_, stdout, stderr := command(t, "--credentials", pipe, "--allow-origin", sim.URL(), doneID, doneID)
		if strings.Count(stdout+stderr, want) != 2 {
			t.Errorf("want %q twice: %s%s", want, stdout, stderr)
		}
		sim.RevokeKey()
	}
}
