package lambdatest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// TB is the part of testing.TB that a Function needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// Function is a process that [Start] has started, with a Runtime API of its own. Its methods may be used concurrently.
type Function struct {
	cmd            *exec.Cmd
	server         *http.Server
	timeout        time.Duration
	stdout, stderr *capture

	queue     chan *invocation // unbuffered: an event that no poller has taken can still be taken back
	firstNext chan struct{}
	asked     sync.Once // closes firstNext
	exited    chan struct{}

	mu   sync.Mutex
	open map[string]*invocation // every invocation that is not settled; nil once the process has ended
}

// Start runs the binary until the test ends; then the process is killed and waited for. It returns at once, while the
// process initializes: see [Function.FirstNext] and [Function.InitError].
func Start(t TB, o Options) *Function {
	t.Helper()
	f, err := start(o)
	if err != nil {
		t.Fatalf("lambdatest: %v", err)
	}
	t.Cleanup(func() {
		f.Close()
		f.stdout.close()
		f.stderr.close()
	})
	return f
}

func start(o Options) (*Function, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := openSources(); err != nil {
		return nil, err
	}
	f := &Function{
		cmd:       exec.Command(o.Binary), //nolint:gosec,noctx // a test chooses what it runs; Close ends it
		timeout:   o.Timeout,
		queue:     make(chan *invocation),
		firstNext: make(chan struct{}),
		exited:    make(chan struct{}),
		open:      map[string]*invocation{},
	}
	if f.stdout, err = newCapture(); err != nil {
		return nil, err
	}
	if f.stderr, err = newCapture(); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return nil, err
	}
	f.cmd.Dir = filepath.Dir(o.Binary)
	f.cmd.Env = o.environ(listener.Addr().String())
	f.cmd.Stdout = f.stdout.file
	f.cmd.Stderr = f.stderr.file
	if err := o.Start(f.cmd); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	f.server = &http.Server{Handler: f.runtimeAPI(), ReadHeaderTimeout: time.Minute}
	go func() { _ = f.server.Serve(listener) }()
	go f.watch()
	return f, nil
}

// drainTime is for answers that the process sent right before it ended.
const drainTime = 2 * time.Second

// watch waits for the process to end and then settles what it has left open.
func (f *Function) watch() {
	_ = f.cmd.Wait() // its outcome is in ProcessState
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if f.server.Shutdown(ctx) != nil {
		_ = f.server.Close()
	}
	f.mu.Lock()
	left := f.open
	f.open = nil
	f.mu.Unlock()
	close(f.exited)
	for _, i := range left {
		i.settle(Reply{}, f.exitError(i))
	}
}

func (f *Function) exitError(i *invocation) error {
	const tail = 4096
	stderr := f.Stderr()
	return fmt.Errorf("lambdatest: request %s: the process ended without an answer: %v\n%s",
		i.id, f.cmd.ProcessState, stderr[max(0, len(stderr)-tail):])
}

// Close ends the process before the test ends, which does it too.
func (f *Function) Close() {
	_ = f.cmd.Process.Kill()
	<-f.exited
}

// Invoke sends the event to the process when it asks for one, and waits for the answer. A Reply is what the function
// answers, even an error. It is an error if the process ends or runs out of time before it answers, or if ctx ends; the
// process then keeps an event that it has received.
func (f *Function) Invoke(ctx context.Context, event []byte) (Reply, error) {
	i := newInvocation(event)
	if !f.add(i) {
		return Reply{}, f.exitError(i)
	}
	select {
	case f.queue <- i:
	case <-i.settled:
	case <-ctx.Done():
	}
	select {
	case <-i.settled:
		return i.reply, i.err
	case <-ctx.Done():
		return Reply{}, fmt.Errorf("lambdatest: request %s: %w", i.id, context.Cause(ctx))
	}
}

// InitError waits for the process to end without having asked for an event, and returns its exit code, -1 after a
// signal. It is an error if the process asks for an event, or if ctx ends.
func (f *Function) InitError(ctx context.Context) (exitCode int, err error) {
	select {
	case <-f.exited:
	case <-f.firstNext:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	select {
	case <-f.firstNext:
		return 0, errors.New("lambdatest: the process asked for an event: its initialization succeeded")
	default:
		return f.cmd.ProcessState.ExitCode(), nil
	}
}

// Stdout is what the process has written to standard output until now. What was written before the answer to an event
// is in it when Invoke returns.
func (f *Function) Stdout() string { return f.stdout.String() }

// Stderr is as [Function.Stdout], of standard error.
func (f *Function) Stderr() string { return f.stderr.String() }

// Output is Stdout and then Stderr: all that Lambda would put into the log.
func (f *Function) Output() string { return f.Stdout() + f.Stderr() }

// PID is the id of the process.
func (f *Function) PID() int { return f.cmd.Process.Pid }

// FirstNext is closed when the process asks for its first event: it has initialized.
func (f *Function) FirstNext() <-chan struct{} { return f.firstNext }

// Exited is closed when the process has ended. A panicking function answers first and ends afterwards.
func (f *Function) Exited() <-chan struct{} { return f.exited }

// capture takes what a process writes. It is a file without a name and not a pipe, so that all of it is there when the
// process has answered.
type capture struct{ file *os.File }

func newCapture() (*capture, error) {
	file, err := os.CreateTemp("", "lambdatest-")
	if err != nil {
		return nil, err
	}
	return &capture{file}, os.Remove(file.Name())
}

// String reads from the start, and leaves the position at which the process writes.
func (c *capture) String() string {
	content, _ := io.ReadAll(io.NewSectionReader(c.file, 0, math.MaxInt64)) // of a file that is open
	return string(content)
}

func (c *capture) close() { _ = c.file.Close() }
