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
	wake, out := make(chan os.Signal, 1), os.NewFile(3, "meter")
	signal.Notify(wake, syscall.SIGUSR1)
	go func() {
		for range wake {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			_, _ = fmt.Fprintln(out, m.Mallocs)
		}
	}()
}
