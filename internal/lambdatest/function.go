package lambdatest

import (
	"cmp"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options say what to run.
type Options struct {
	Binary      string
	Env         map[string]string // beside what Lambda sets itself; nothing comes from the test's environment
	Timeout     time.Duration     // of the function, sent as the deadline of each invocation; default 30 s
	Concurrency int               // invocations at a time; more than 1 as in Lambda Managed Instances
}

// TB is the part of testing.TB that a Function needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// Function is a running bootstrap: one execution environment.
type Function struct {
	o       Options
	server  *httptest.Server
	process *exec.Cmd
	output  *os.File // what the process writes is there before its answer is
	queue   chan *invocation
	first   chan struct{} // closed at the first request for work
	exited  chan struct{} // closed when the process has ended
	once    sync.Once

	mu      sync.Mutex
	running map[string]*invocation
}

// Start runs the bootstrap until the test ends.
func Start(t TB, o Options) *Function {
	t.Helper()
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.Concurrency = max(o.Concurrency, 1)
	f := &Function{
		o:       o,
		queue:   make(chan *invocation),
		first:   make(chan struct{}),
		exited:  make(chan struct{}),
		running: make(map[string]*invocation),
	}
	var err error
	if f.output, err = os.CreateTemp("", "lambdatest"); err != nil {
		t.Fatalf("lambdatest: %v", err)
	}
	f.server = httptest.NewServer(f.runtimeAPI())
	if err := f.launch(); err != nil {
		t.Fatalf("lambdatest: %v", err)
	}
	t.Cleanup(f.stop)
	return f
}

func (f *Function) launch() error {
	f.process = exec.Command(f.o.Binary) //nolint:gosec,noctx // the test's own binary, ended by stop
	f.process.Env = f.environment()
	f.process.Stdout, f.process.Stderr = f.output, f.output
	if err := f.process.Start(); err != nil {
		return err
	}
	go func() {
		defer close(f.exited)
		_ = f.process.Wait() // how it ended is in its ProcessState
	}()
	return nil
}

func (f *Function) environment() []string {
	env := []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(f.server.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME=status",
		"AWS_LAMBDA_FUNCTION_VERSION=1",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=simulated",
		"AWS_SECRET_ACCESS_KEY=simulated",
		"_HANDLER=bootstrap",
	}
	if f.o.Concurrency > 1 {
		env = append(env, "AWS_LAMBDA_MAX_CONCURRENCY="+strconv.Itoa(f.o.Concurrency))
	}
	for name, value := range f.o.Env { // a later entry overrides an earlier one
		env = append(env, name+"="+value)
	}
	return env
}

func (f *Function) stop() {
	_ = f.process.Process.Kill() // it may have ended by itself
	<-f.exited
	f.server.CloseClientConnections()
	f.server.Close()
	_, _ = f.output.Close(), os.Remove(f.output.Name()) // a file in the temporary folder
}

// Output is everything that the process has written to standard output and error until now.
func (f *Function) Output() string {
	text, err := os.ReadFile(f.output.Name())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// PID is the process's id.
func (f *Function) PID() int { return f.process.Process.Pid }

// FirstNext is closed when the process asks for work for the first time: its init is over.
func (f *Function) FirstNext() <-chan struct{} { return f.first }

// Alive tells whether the process runs.
func (f *Function) Alive() bool {
	select {
	case <-f.exited:
		return false
	default:
		return true
	}
}

// Exit waits until the process has ended by itself, and returns its exit code.
func (f *Function) Exit(ctx context.Context) (int, error) {
	select {
	case <-f.exited:
		return f.process.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("the process runs on: %w", ctx.Err())
	}
}
