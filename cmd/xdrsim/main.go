// Command xdrsim runs all that the action-status step talks to, on a loopback address: the Cortex XDR call Get Action
// Status, and Secrets Manager with a secret that holds the API key. It prints the environment that points the step at
// it, for a shell to read:
//
//	xdrsim -speed 10 >sim.env &
//	. ./sim.env
//
// Each request is a line on stderr. xdrsim -help tells more.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr, hup))
}
