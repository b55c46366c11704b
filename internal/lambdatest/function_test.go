package lambdatest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// The tests here are of what a test of a function would not notice. Without replies, errors or an exit code, for
// example, all tests in cmd/lambda fail.

var binary string // testdata/echo, built once

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "lambdatest-")
	if err != nil {
		panic(err)
	}
	if binary, err = lambdatest.Build(context.Background(), "testdata/echo", dir, nil); err != nil {
		panic(err)
	}
	os.Setenv("LAMBDATEST_LEAK", "of the test")
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func start(t *testing.T, o lambdatest.Options) *lambdatest.Function {
	t.Helper()
	o.Binary = binary
	return lambdatest.Start(t, o)
}

func invoke(t *testing.T, f *lambdatest.Function, event string) lambdatest.Reply {
	t.Helper()
	r, err := f.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	return r
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{
		`"exit"`: "without an answer: exit status 7\nlast words\n",
		`"hang"`: "timed out after 500ms",
	} {
		f := start(t, lambdatest.Options{Timeout: 500 * time.Millisecond})
		if _, err := f.Invoke(t.Context(), []byte(event)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", event, err)
		}
		<-f.Exited()
	}
}

func TestWhatTheFunctionSees(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{
		Env:     map[string]string{"AWS_REGION": "eu-west-1", "AWS_LAMBDA_RUNTIME_API": "not to be overridden"},
		Timeout: 7 * time.Second,
	})
	began := time.Now()
	r := invoke(t, f, `"context"`)
	if most := time.Since(began); r.Duration <= 0 || r.Duration > most {
		t.Errorf("took %v of %v", r.Duration, most)
	}
	var got struct {
		ID, ARN, Dir string
		Env          []string
		LeftMs       int `json:"left_ms"`
	}
	if err := json.Unmarshal(r.Payload, &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != r.RequestID || !strings.HasPrefix(got.ARN, "arn:aws:lambda:") || got.LeftMs <= 0 || got.LeftMs > 7000 {
		t.Errorf("%+v", got)
	}
	if root, err := filepath.EvalSymlinks(filepath.Dir(binary)); err != nil || got.Dir != root {
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
	invoke(t, f, `"print"`)
	if out := f.Output(); len(out) != 1_000_021 || !strings.HasSuffix(out, "to the end\nto stderr\n") {
		t.Errorf("%d bytes", len(out))
	}
}

// All invocations are inside before one may leave.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	const n = 4
	arrived := make(chan struct{}, n)
	passage := make(chan struct{})
	gate := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-passage
	}))
	t.Cleanup(gate.Close)
	f := start(t, lambdatest.Options{Concurrency: n})
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			if _, err := f.Invoke(t.Context(), fmt.Appendf(nil, "%q", gate.URL)); err != nil {
				t.Error(err)
			}
		})
	}
	for range n {
		<-arrived
	}
	close(passage)
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
	for _, source := range []string{"go.mod", "cmd/lambda", "pkg/handler", "pkg/xdr"} {
		name, err := filepath.Abs("../../" + source)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(opened), "\nopen "+name+"\n") {
			t.Errorf("%s is not opened", source)
		}
	}
}
