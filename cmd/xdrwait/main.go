// Command xdrwait waits for a Cortex XDR response action from a terminal: the same step as the Lambda function,
// asked again until the action has ended. It also writes and checks the secret that the step reads.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there what servers send unasked, and that may be an echo of the key
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once, even where no context reaches
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
