package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// The harness compiles this file into each contender in Go whose allocations it counts: on a signal, the process tells.
func init() {
	out := os.NewFile(3, "meter")
	wake := make(chan os.Signal, 1)
	signal.Notify(wake, syscall.SIGUSR1)
	go func() {
		for range wake {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			_, _ = fmt.Fprintln(out, m.Mallocs)
		}
	}()
}
