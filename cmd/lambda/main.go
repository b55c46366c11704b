// Command lambda is the function's bootstrap: it reads the environment, wires the step and serves invocations.
// Its contract is in README.md; its work is in pkg/handler.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	f, err := newFunction(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "xdr-action-status: cannot start:", err)
		os.Exit(1)
	}
	f.step.Prefetch(context.Background())
	lambda.Start(f)
}
