package lambdatest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// The tests here are of what a test of a function would not notice. Without replies, errors or an exit code, for
// example, all tests in cmd/lambda fail. This test binary is the function, too.

func TestMain(m *testing.M) {
	if os.Getenv("_HANDLER") != "" {
		four.Add(4)
		lambda.Start(function)
	}
	os.Setenv("LAMBDATEST_LEAK", "of the test")
	os.Exit(m.Run())
}

var four sync.WaitGroup

func function(ctx context.Context, event string) (any, error) {
	switch event {
	case "exit":
		fmt.Fprintln(os.Stderr, "last words")
		syscall.Exit(7) // os.Exit would write a line about coverage
	case "hang":
		time.Sleep(time.Hour)
	case "nap":
		time.Sleep(500 * time.Millisecond)
	case "meet": // four at once, or none
		four.Done()
		four.Wait()
	case "print":
		fmt.Println(strings.Repeat("to stdout ", 100_000) + "to the end")
		fmt.Fprintln(os.Stderr, "to stderr")
	}
	dir, err := os.Getwd()
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	left := time.Until(deadline)
	return seen{ID: lc.AwsRequestID, ARN: lc.InvokedFunctionArn, Dir: dir, Env: os.Environ(), Left: left}, err
}

type seen struct {
	ID, ARN, Dir string
	Env          []string
	Left         time.Duration
}

func start(t *testing.T, o lambdatest.Options) *lambdatest.Function {
	t.Helper()
	o.Binary = os.Args[0]
	return lambdatest.Start(t, o)
}

func invoke(t *testing.T, f *lambdatest.Function, event string) lambdatest.Reply {
	t.Helper()
	r, err := f.Invoke(t.Context(), fmt.Appendf(nil, "%q", event))
	if err != nil {
		t.Errorf("%s: %v", event, err)
	}
	return r
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{
		`"exit"`: "without an answer: exit status 7\nlast words\n",
		`"hang"`: "timed out after 1s",
	} {
		f := start(t, lambdatest.Options{Timeout: time.Second})
		invoke(t, f, "nap") // when the time of this one ends, nothing happens
		if _, err := f.Invoke(t.Context(), []byte(event)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", event, err)
		}
		<-f.Exited()
		if _, err := f.Invoke(t.Context(), []byte(event)); err == nil {
			t.Errorf("%s: it has ended, and answers", event)
		}
	}
}

func TestWhatTheFunctionSees(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{
		Env:     map[string]string{"AWS_REGION": "eu-west-1", "AWS_LAMBDA_RUNTIME_API": "not to be overridden"},
		Timeout: 7 * time.Second,
	})
	began := time.Now()
	r := invoke(t, f, "")
	if most := time.Since(began); r.Duration <= 0 || r.Duration > most {
		t.Errorf("took %v of %v", r.Duration, most)
	}
	var got seen
	if err := json.Unmarshal(r.Payload, &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != r.RequestID || !strings.HasPrefix(got.ARN, "arn:aws:lambda:") || got.Left <= 0 || got.Left > 7*time.Second {
		t.Errorf("%+v", got)
	}
	if root, err := filepath.EvalSymlinks(filepath.Dir(os.Args[0])); err != nil || got.Dir != root {
		t.Errorf("working directory %s, want %s, %v", got.Dir, root, err)
	}
	for _, want := range []string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=us-east-1", "_HANDLER=bootstrap"} {
		if !slices.Contains(got.Env, want) {
			t.Errorf("environment without %s: %q", want, got.Env)
		}
	}
	for _, e := range got.Env {
		if strings.HasPrefix(e, "LAMBDATEST_LEAK=") || strings.HasPrefix(e, "AWS_LAMBDA_MAX_CONCURRENCY=") {
			t.Errorf("environment with %s", e)
		}
	}
}

func TestOutputIsCompleteWhenInvokeReturns(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	invoke(t, f, "print")
	if out := f.Output(); len(out) != 1_000_021 || !strings.HasSuffix(out, "to the end\nto stderr\n") {
		t.Errorf("%d bytes", len(out))
	}
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{Concurrency: 4})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() { invoke(t, f, "meet") })
	}
	group.Wait()
}

// go test writes down what a test opens, and runs it again when any of that has changed. The test runs itself to see
// what is written down.
func TestStartOpensTheSources(t *testing.T) {
	t.Parallel()
	if os.Getenv("OPENS") != "" {
		start(t, lambdatest.Options{})
		return
	}
	file := filepath.Join(t.TempDir(), "opened")
	itself := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.testlogfile="+file)
	itself.Env = append(os.Environ(), "OPENS=1")
	if out, err := itself.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	opened, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for source, how := range map[string]string{"go.mod": "stat", "cmd/lambda": "open", "pkg/handler": "open", "pkg/xdr": "open"} {
		name, err := filepath.Abs("../../" + source)
		if err != nil || !strings.Contains(string(opened), "\n"+how+" "+name+"\n") {
			t.Errorf("no %s of %s, %v", how, source, err)
		}
	}
}
