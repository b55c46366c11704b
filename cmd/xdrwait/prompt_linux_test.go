package main

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// showsTyping reports whether a terminal shows what is typed.
func showsTyping(t *testing.T, terminal *os.File) bool {
	t.Helper()
	mode, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return mode.Lflag&unix.ECHO != 0
}

// Typed at a terminal, the key is not shown. However the prompt ends, the terminal then shows what is typed.
func TestThePromptHidesTheKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typed string
		code  int
		says  string
	}{
		{xdrtest.Canary + "\n", exitDone, "secret xdr/acme is created"},
		{xdrtest.Canary[:20] + "\x03", exitUnknown, "xdrwait: interrupted: nothing is written"}, // Ctrl-C
		{"SIGTERM", exitUnknown, "xdrwait: interrupted: nothing is written"},
	} {
		sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary})
		p, control, terminal := startOnTerminal(t, awsEnv(sim.URL()), createArgs(sim, "xdr/acme URL 7 advanced")...)
		for deadline := time.Now().Add(watchdog); showsTyping(t, terminal); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the terminal shows what is typed")
			}
		}
		if c.typed == "SIGTERM" {
			p.signal(t, unix.SIGTERM)
		} else if _, err := io.WriteString(control, c.typed); err != nil {
			t.Fatal(err)
		}
		code := p.end()
		if !showsTyping(t, terminal) {
			t.Errorf("%q: the terminal hides what is typed", c.says)
		}
		_ = terminal.Close()
		shown := watch(control).all()
		if code != c.code || !strings.HasPrefix(shown, "API key (it is not shown): \r\n") ||
			!strings.Contains(shown, c.says) || xdrtest.Leak(shown, xdrtest.Canary) != "" {
			t.Errorf("exit code %d: %q", code, shown)
		}
		if made := sim.Stored("xdr/acme") != ""; made != (c.code == exitDone) {
			t.Errorf("%q: made: %v", c.says, made)
		}
	}
}
