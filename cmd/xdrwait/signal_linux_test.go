package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// One signal ends a wait: the last verdict is printed if there is one, and nobody knows the outcome.
func TestASignalEndsAWait(t *testing.T) {
	t.Parallel()
	down := inFile(t, `{"description": "x", "faults": [{"status": 503}]}`)
	for _, c := range []struct{ scenario, awaits, stdout, stderr string }{
		{"pending", "pending: 3 endpoints", "pending (in_progress)", "xdrwait: interrupted; action 7 goes on: "},
		{down, "answered 503", "", "xdrwait: interrupted before the first answer; action 7 goes on: "},
	} {
		for _, signal := range []syscall.Signal{unix.SIGINT, unix.SIGTERM} {
			p := start(t, nil, "--simulate", c.scenario, "--speed", "0.001", "7")
			p.stderr.await(t, c.awaits)
			p.signal(t, signal)
			code := p.end()
			out := p.stdout.String()
			if code != exitUnknown || !strings.HasPrefix(out, c.stdout) || (out == "") != (c.stdout == "") ||
				!strings.Contains(p.stderr.String(), c.stderr+"run the same command again\n") {
				t.Errorf("%v: %v\nstdout %s\nstderr %s", signal, p.ProcessState, out, &p.stderr)
			}
		}
	}
}

// Where no context reaches, here in a read of a pipe that nobody writes to, the first signal changes nothing. The
// second one must.
func TestASecondSignalEndsAHang(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{unix.SIGINT, unix.SIGTERM} {
		pipe := newPipe(t)
		p := start(t, nil, "--simulate", pipe)
		defer openWhenRead(t, pipe).Close()
		go func() {
			for p.Process.Signal(signal) == nil { // until one after the first ends it
				time.Sleep(10 * time.Millisecond)
			}
		}()
		p.end()
		if status, _ := p.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != signal {
			t.Errorf("%v: %v", signal, p.ProcessState)
		}
	}
}

// A pipe of credentials that nobody writes to is left at the first signal.
func TestASignalEndsTheReadOfAPipe(t *testing.T) {
	t.Parallel()
	pipe := newPipe(t)
	p := start(t, nil, "--credentials", pipe, "7")
	defer openWhenRead(t, pipe).Close()
	p.signal(t, unix.SIGINT)
	code := p.end()
	if code != exitUnknown || !strings.Contains(p.stderr.String(), "xdrwait: --credentials: interrupted") {
		t.Errorf("%v: %s", p.ProcessState, &p.stderr)
	}
}

// newPipe makes a named pipe, and returns its path.
func newPipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe.json")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// openWhenRead opens a named pipe once someone waits at its other end.
func openWhenRead(t *testing.T, pipe string) *os.File {
	t.Helper()
	for deadline := time.Now().Add(watchdog); ; time.Sleep(time.Millisecond) {
		f, err := os.OpenFile(pipe, os.O_WRONLY|unix.O_NONBLOCK, 0)
		switch {
		case err == nil:
			return f
		case !errors.Is(err, unix.ENXIO) || time.Now().After(deadline):
			t.Fatal(err)
		}
	}
}

// A key that is replaced in its file while a wait goes on does not end the wait.
func TestAFileIsReadAgain(t *testing.T) {
	t.Parallel()
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{load(t, "pending")}})
	path := inFile(t, sim.SecretValue())
	s, err := options{credentials: path, origins: []string{sim.URL()}}.source(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	step := s.step()
	for range 3 {
		if _, err := step.Check(t.Context(), []byte(`{"group_action_id": `+pendingID+`}`)); err != nil {
			t.Fatal(err)
		}
		sim.Rotate()
		write(t, path, sim.SecretValue())
	}
}

// A pipe gives its text once: to all checks of all waits, and where the key is refused there is no other.
func TestAPipeIsReadOnce(t *testing.T) {
	t.Parallel()
	done := load(t, "done")
	done.GroupActionID = 0
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{done}})
	pipe := newPipe(t)
	for _, revoked := range []bool{false, true} {
		text := sim.SecretValue()
		if revoked {
			sim.RevokeKey()
		}
		go os.WriteFile(pipe, []byte(text), 0o600) // waits for the reader
		code, stdout, stderr := command(t, "--credentials", pipe, "--allow-origin", sim.URL(), "1", "2")
		if !revoked && (code != exitDone || strings.Count(stdout, "done") != 2) {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
		if revoked && (code != exitUnknown || strings.Count(stderr, "xdrwait: XDR.Unauthorized: group_action_id") != 2) {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
	}
}

// A wrong path, perhaps to something endless, does not fill the memory.
func TestALongFile(t *testing.T) {
	t.Parallel()
	if raw, err := readFile(inFile(t, strings.Repeat("x", maxSecret+1))); err != nil || len(raw) > maxSecret {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
}
