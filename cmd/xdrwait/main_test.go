package main

import (
	"os"
	"testing"
)

// A terminal that can draw, whatever the tests are started from.
func TestMain(m *testing.M) {
	if err := os.Setenv("TERM", "xterm-256color"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
