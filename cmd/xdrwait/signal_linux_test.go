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
)

// One signal ends a wait: the last verdict is printed, and nobody knows the outcome.
func TestASignalEndsAWait(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{unix.SIGINT, unix.SIGTERM} {
		p := start(t, nil, "--simulate", "pending", "--speed", "0.001")
		p.stderr.await(t, "pending: 3 endpoints")
		p.signal(t, signal)
		if code := p.end(); code != exitUnknown || !strings.HasPrefix(p.stdout.String(), "pending (in_progress)") ||
			!strings.Contains(p.stderr.String(), "xdrwait: interrupted") {
			t.Errorf("%v: %v\nstdout %s\nstderr %s", signal, p.ProcessState, &p.stdout, &p.stderr)
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
