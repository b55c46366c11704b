// Command lambda is the function's bootstrap: it reads the environment, wires the step and serves invocations.
// Its contract is in README.md; its work is in pkg/handler.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there what a server sends unasked, which may hold the key
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		stop(errors.New("AWS_LAMBDA_RUNTIME_API is not set: AWS Lambda and sam local start this program; " +
			"from a terminal use xdrwait"))
	}
	f, err := newFunction(os.Getenv)
	if err != nil {
		stop(err)
	}
	f.step.Prefetch(context.Background())
	lambda.Start(f)
}

func stop(err error) {
	fmt.Fprintln(os.Stderr, "xdr-action-status: cannot start:", err)
	os.Exit(1)
}
