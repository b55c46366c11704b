package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

const (
	asCommand = "XDRWAIT_TEST_AS_COMMAND" // in the environment: this test binary runs as the command
	watchdog  = 30 * time.Second
)

// process is the command as a process of its own, with its signals and its standard logger.
type process struct {
	*exec.Cmd

	stdout, stderr output
}

// start starts the command with more environment, and perhaps with other files. It does not outlive the test or the
// watchdog.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return startWith(t, func(*process) {}, env, args...)
}

func startWith(t *testing.T, change func(*process), env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), watchdog)
	p := &process{Cmd: exec.CommandContext(ctx, self, args...)}
	p.Env = append(append(os.Environ(), asCommand+"=1"), env...)
	p.Stdout = &p.stdout
	p.Stderr = &p.stderr
	t.Cleanup(func() {
		cancel()
		_ = p.Wait()
	})
	change(p)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// signal sends one.
func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// end waits until the process has ended and returns its exit code, -1 after a signal.
func (p *process) end() int {
	_ = p.Wait() // the state tells
	return p.ProcessState.ExitCode()
}

// output is what a process has written until now.
type output struct{ lambdatest.Buffer }

// await waits until a text has been written.
func (o *output) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(watchdog); !strings.Contains(o.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q was not written in %v: %s", text, watchdog, o)
		}
	}
}

// Go writes the version into the command: that of a release where it is built from its tag, or installed.
func TestVersion(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "xdrwait")
	if out, err := exec.Command("go", "build", "-buildvcs=true", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command(path, "--version").Output(); err != nil || !strings.HasPrefix(string(out), "xdrwait version v") {
		t.Errorf("%v: %s", err, out)
	}
}

// A terminal that can draw, whatever the tests are started from. As a process that start makes, it is the command.
func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	if err := os.Setenv("TERM", "xterm-256color"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
