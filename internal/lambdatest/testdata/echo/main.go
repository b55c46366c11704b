// Command echo is a function that does what its event says, and else returns it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

const greeting = "plain"

func main() {
	switch os.Getenv("INIT") {
	case "exit":
		fmt.Fprintln(os.Stderr, "cannot start")
		os.Exit(4)
	case "post":
		_, _ = post("/init/error", "Echo.Init", `{"errorType":"Echo.Init","errorMessage":"no configuration"}`)
		os.Exit(3)
	case "post and hang":
		_, _ = post("/init/error", "", `{"errorType":"Echo.Init","errorMessage":"no configuration"}`)
		time.Sleep(time.Hour)
	case "hang":
		time.Sleep(time.Hour)
	}
	lambda.Start(echo)
}

// order is an event that is an object.
type order struct {
	Get  string // fetch this URL before answering, so that the test decides when
	Post string // post Body to this path of the Runtime API, and return what it says
	Type string // the error type in the header of that post
	Body string
}

func echo(ctx context.Context, event json.RawMessage) (io.Reader, error) {
	var o order
	if json.Unmarshal(event, &o) == nil && (o.Get != "" || o.Post != "") {
		return carryOut(ctx, o)
	}
	switch string(event) {
	case `"error"`:
		return nil, messages.InvokeResponse_Error{Type: "Echo.Refused", Message: "as asked"}
	case `"plain error"`:
		return nil, errors.New("a plain error")
	case `"panic"`:
		panic("as asked")
	case `"exit"`:
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(7)
	case `"exit 0"`:
		os.Exit(0)
	case `"hang"`:
		time.Sleep(time.Hour)
	case `"greet"`:
		return strings.NewReader(greeting), nil
	case `"context"`:
		return describe(ctx)
	case `"stream"`:
		return stream(nil), nil
	case `"broken stream"`:
		return stream(messages.InvokeResponse_Error{Type: "Echo.Broken", Message: "halfway"}), nil
	case `"long"`:
		return strings.NewReader(strings.Repeat("x", 6<<20+101)), nil
	case `"print"`:
		fmt.Println(strings.Repeat("to stdout ", 100_000) + "to the end")
		fmt.Fprintln(os.Stderr, "to stderr")
	}
	return strings.NewReader(string(event)), nil
}

func carryOut(ctx context.Context, o order) (io.Reader, error) {
	if o.Get != "" {
		resp, err := http.Get(o.Get)
		if err != nil {
			return nil, err
		}
		return strings.NewReader(o.Get), resp.Body.Close()
	}
	lc, _ := lambdacontext.FromContext(ctx)
	answer, err := post(strings.ReplaceAll(o.Post, "{id}", lc.AwsRequestID), o.Type, o.Body)
	return strings.NewReader(answer), err
}

// post talks to the Runtime API beside the library.
func post(path, errorType, body string) (string, error) {
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime" + path
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	if errorType != "" {
		req.Header.Set("Lambda-Runtime-Function-Error-Type", errorType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, answer), err
}

func describe(ctx context.Context) (io.Reader, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	text, err := json.Marshal(map[string]any{
		"id": lc.AwsRequestID, "arn": lc.InvokedFunctionArn, "trace": ctx.Value("x-amzn-trace-id"),
		"left_ms": time.Until(deadline).Milliseconds(), "env": os.Environ(), "dir": dir,
	})
	return strings.NewReader(string(text)), err
}

// stream yields three parts, and then the error if it is not nil.
func stream(end error) io.Reader {
	r, w := io.Pipe()
	go func() {
		for _, part := range []string{`"one `, `two `, `three"`} {
			_, _ = io.WriteString(w, part)
		}
		_ = w.CloseWithError(end)
	}()
	return r
}
