// Package lambdatest runs a built bootstrap binary as AWS Lambda does: a real process with Lambda's own environment and
// nothing of the test's, which asks a [Runtime API] for its events.
//
// [Function.Invoke] sends one event and returns what the process answers.
//
// It promises what a function can rely on: one event at a time for each poller, the deadline in the event's headers,
// death at that deadline, and one answer for each event. A process that has ended is not started again. It does not
// emulate memory, payload limits, response streaming, reports of a failed initialization, the freeze between
// invocations, scaling, asynchronous calls, or access.
//
// For tests in general there are a [Clock] and a [Buffer].
//
// [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package lambdatest

import (
	"cmp"
	"errors"
	"io"
	"math"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// TB is the part of testing.TB that a Function needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// Options describe a function.
type Options struct {
	// Binary is the path of the bootstrap, such as [Build] returns.
	Binary string
	// Env is added to the environment that Lambda sets by itself, and may override it.
	Env map[string]string
	// Timeout is the function timeout, 30 seconds if zero. It runs from the moment when the process receives an event;
	// past it, the process is killed.
	Timeout time.Duration
	// Concurrency above 1 is that of Lambda Managed Instances: the process may ask for as many events at once.
	Concurrency int
	// Start starts the process, [exec.Cmd.Start] if nil: for arguments, open files or a CPU of its own.
	Start func(*exec.Cmd) error
}

// Function is a running process with a Runtime API of its own. Its methods may be used concurrently.
type Function struct {
	cmd     *exec.Cmd
	timeout time.Duration

	// files and not pipes, so that all that the process has written is there when it has answered
	stdout, stderr *os.File

	queue     chan *invocation // unbuffered: an event that no poller has taken can still be taken back
	firstNext chan struct{}
	asked     sync.Once // closes firstNext
	exited    chan struct{}
	open      sync.Map // the invocations that the process has received and not answered, by id
}

// Start runs the binary until the test ends; then the process is killed and waited for. It returns at once, while the
// process initializes: see [Function.FirstNext].
func Start(t TB, o Options) *Function {
	t.Helper()
	f := &Function{
		timeout:   cmp.Or(o.Timeout, 30*time.Second),
		stdout:    newOutput(t),
		stderr:    newOutput(t),
		queue:     make(chan *invocation),
		firstNext: make(chan struct{}),
		exited:    make(chan struct{}),
	}
	api := httptest.NewServer(f.runtimeAPI())
	binary := absolute(o.Binary)
	f.cmd = exec.Command(binary) //nolint:gosec,noctx // a test chooses what it runs; Close ends it
	f.cmd.Dir = filepath.Dir(binary)
	f.cmd.Env = o.environ(f.cmd.Dir, api.Listener.Addr().String())
	f.cmd.Stdout = f.stdout
	f.cmd.Stderr = f.stderr
	if o.Start == nil {
		o.Start = (*exec.Cmd).Start
	}
	if err := errors.Join(openSources(), o.Start(f.cmd)); err != nil {
		api.Close()
		t.Fatalf("lambdatest: %v", err)
	}
	go func() {
		_ = f.cmd.Wait() // its outcome is in ProcessState
		api.Close()      // when it has taken the answers that the process sent before
		close(f.exited)
	}()
	t.Cleanup(f.Close)
	return f
}

func newOutput(t TB) *os.File {
	t.Helper()
	file, err := os.CreateTemp("", "lambdatest-")
	if err == nil {
		err = os.Remove(file.Name())
	}
	if err != nil {
		t.Fatalf("lambdatest: %v", err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// environ has the [defined runtime environment variables], then those of the options. Of two with one name, the later
// counts.
//
// [defined runtime environment variables]: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func (o Options) environ(root, runtimeAPI string) []string {
	env := []string{
		"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", // AWS's own example
		"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"AWS_SESSION_TOKEN=lambdatest-session-token",
		"AWS_REGION=us-east-1",
		"AWS_DEFAULT_REGION=us-east-1",
		"AWS_LAMBDA_FUNCTION_NAME=lambdatest",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/lambdatest",
		"AWS_LAMBDA_LOG_STREAM_NAME=2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
		"LAMBDA_TASK_ROOT=" + root,
		"LAMBDA_RUNTIME_DIR=/var/runtime",
		"LANG=en_US.UTF-8",
		"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TZ=:UTC",
		"_HANDLER=bootstrap",
	}
	if o.Concurrency > 1 {
		env = append(env, "AWS_LAMBDA_MAX_CONCURRENCY="+strconv.Itoa(o.Concurrency))
	}
	for name, value := range o.Env {
		env = append(env, name+"="+value)
	}
	return append(env, "AWS_LAMBDA_RUNTIME_API="+runtimeAPI)
}

// Close ends the process before the test ends, which does it too.
func (f *Function) Close() {
	_ = f.cmd.Process.Kill()
	<-f.exited
}

// Output is standard output, and then [Function.Stderr]. What was written before an answer is in it after Invoke.
func (f *Function) Output() string { return content(f.stdout) + f.Stderr() }

// Stderr is what the process has written to standard error until now.
func (f *Function) Stderr() string { return content(f.stderr) }

// content reads from the start, and leaves the position at which the process writes.
func content(file *os.File) string {
	text, _ := io.ReadAll(io.NewSectionReader(file, 0, math.MaxInt64)) // of a file that is open
	return string(text)
}

// PID is the id of the process.
func (f *Function) PID() int { return f.cmd.Process.Pid }

// FirstNext is closed when the process asks for its first event: it has initialized.
func (f *Function) FirstNext() <-chan struct{} { return f.firstNext }

// Exited is closed when the process has ended. A panicking function answers first and ends afterwards.
func (f *Function) Exited() <-chan struct{} { return f.exited }
