// Command echo is a function that does what its event says.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
)

const greeting = "plain"

type echo struct{}

func (echo) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	switch word := strings.Trim(string(event), `"`); word {
	case "error":
		return nil, messages.InvokeResponse_Error{Type: "Echo.Refused", Message: "as asked"}
	case "exit":
		os.Exit(7)
	case "hang":
		<-ctx.Done()
		time.Sleep(time.Hour)
	case "greet":
		return []byte(`"` + greeting + `"`), nil
	case "env":
		return fmt.Appendf(nil, "%q", os.Environ()), nil
	case "deadline":
		deadline, _ := ctx.Deadline()
		return fmt.Appendf(nil, "%d", time.Until(deadline).Milliseconds()), nil
	case "meet": // answers when another invocation runs at the same time
		met <- struct{}{}
		<-met
	case "print":
		fmt.Println("to stdout")
		fmt.Fprintln(os.Stderr, "to stderr")
	}
	return event, nil
}

var met = make(chan struct{}, 1)

func main() { lambda.Start(echo{}) }
