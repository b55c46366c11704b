package main

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

const asCommand = "XDRSIM_TEST_AS_COMMAND" // in the environment: this test binary runs as the command

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// A signal ends the simulator as usual, and SIGHUP does not.
func TestASignalEndsIt(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), asCommand+"=1")
		stdout, err := cmd.StdoutPipe()
		if err != nil || cmd.Start() != nil {
			t.Fatal(err, cmd)
		}
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
