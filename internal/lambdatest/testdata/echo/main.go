// Command echo is a function that does what its event says, or else returns it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func main() { lambda.Start(function{}) }

type function struct{}

func (function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	var gate string
	if json.Unmarshal(event, &gate) == nil && strings.HasPrefix(gate, "http://") { // the test decides when it goes on
		if resp, err := http.Get(gate); err == nil {
			return event, resp.Body.Close()
		}
	}
	switch string(event) {
	case `"exit"`:
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(7)
	case `"hang"`:
		time.Sleep(time.Hour)
	case `"context"`:
		return describe(ctx)
	case `"print"`:
		fmt.Println(strings.Repeat("to stdout ", 100_000) + "to the end")
		fmt.Fprintln(os.Stderr, "to stderr")
	}
	return event, nil
}

func describe(ctx context.Context) ([]byte, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return json.Marshal(map[string]any{
		"id": lc.AwsRequestID, "arn": lc.InvokedFunctionArn,
		"left_ms": time.Until(deadline).Milliseconds(), "env": os.Environ(), "dir": dir,
	})
}
