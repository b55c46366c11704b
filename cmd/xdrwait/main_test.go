package main

import (
	"os"
	"testing"
)

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
