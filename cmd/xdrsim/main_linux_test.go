package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

const asCommand = "XDRSIM_TEST_AS_COMMAND" // in the environment: this test binary runs as the command

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// process starts the command as a process of its own, which does not outlive the test.
func process(t *testing.T, args ...string) (cmd *exec.Cmd, stdout io.Reader) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return cmd, stdout
}

// One signal ends the simulator as usual, and SIGHUP does not.
func TestASignalEndsIt(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd, stdout := process(t)
		if _, err := stdout.Read(make([]byte, 1)); err != nil { // it serves
			t.Fatal(err)
		}
		_ = cmd.Process.Signal(syscall.SIGHUP)
		_ = cmd.Process.Signal(signal)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
	}
}

// Where no context reaches, here in a read of a pipe that nobody writes to, the second signal ends it.
func TestASecondSignalEndsAHang(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "scenario.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, _ := process(t, "-scenario", pipe)
	writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // opens when it reads
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	go func() {
		for cmd.Process.Signal(syscall.SIGTERM) == nil { // until one after the first ends it
			time.Sleep(10 * time.Millisecond)
		}
	}()
	_ = cmd.Wait() // the state says how it ended
	if status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTERM {
		t.Errorf("%v", cmd.ProcessState)
	}
}
