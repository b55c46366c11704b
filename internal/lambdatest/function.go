package lambdatest

import (
	"context"
	"errors"
	"sync"
)

// TB is the part of testing.TB that a Function needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// Function is a function that was started by [Start]. Its methods may be used concurrently.
type Function struct {
	options        Options
	stdout, stderr *capture

	mu      sync.Mutex
	current *sandbox
	closed  bool
}

// Start runs the binary until the test ends; then the process is killed and waited for. It returns at once,
// while the process initializes: see [Function.FirstNext] and [Function.InitError].
func Start(t TB, o Options) *Function {
	t.Helper()
	f, err := start(o)
	if err != nil {
		t.Fatalf("lambdatest: %v", err)
	}
	t.Cleanup(f.Close)
	return f
}

func start(o Options) (*Function, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if list, ok := built.Load(o.Binary); ok {
		if err := open(list.([]string)); err != nil {
			return nil, err
		}
	}
	f := &Function{options: o}
	if f.stdout, err = newCapture(); err != nil {
		return nil, err
	}
	if f.stderr, err = newCapture(); err != nil {
		return nil, err
	}
	_, err = f.revive()
	return f, err
}

// Close ends the process before the test ends, which does it too.
func (f *Function) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.current.kill()
	<-f.current.exited
	f.stdout.close()
	f.stderr.close()
}

// revive returns a sandbox whose process has not ended yet, a fresh one if need be.
func (f *Function) revive() (*sandbox, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return nil, errors.New("lambdatest: the test has ended")
	case f.current != nil && f.current.alive():
		return f.current, nil
	}
	s, err := startSandbox(f.options, f.stdout, f.stderr)
	if err == nil {
		f.current = s
	}
	return s, err
}

func (f *Function) sandbox() *sandbox {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current
}

// Invoke hands the event to the process when it asks for one, and waits for the answer. What the function
// answers, be it an error, is a Reply; the error is an [*ExitError], a [*TimeoutError] or the end of ctx.
// A process that has received the event keeps it when ctx ends. One that has ended is not started again.
func (f *Function) Invoke(ctx context.Context, event []byte) (Reply, error) {
	return f.sandbox().invoke(ctx, newInvocation(newID(), event))
}

// InitFailure is an initialization that failed.
type InitFailure struct {
	// Posted is the body of /runtime/init/error, nil if the process ended without it; ErrorType and
	// ErrorMessage are read from it as in a [Reply].
	Posted                  []byte
	ErrorType, ErrorMessage string
	ExitCode                int // -1 after a signal: a process that does not end after an init error is killed
	Stderr                  string
}

// InitError waits for the process to end without having asked for an event, with or without having posted an
// [initialization error]. It is an error if the process asks for one, or if ctx ends.
//
// [initialization error]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror
func (f *Function) InitError(ctx context.Context) (InitFailure, error) {
	s := f.sandbox()
	select {
	case <-s.exited:
	case <-s.firstNext:
	case <-ctx.Done():
		return InitFailure{}, context.Cause(ctx)
	}
	if s.initialized() {
		return InitFailure{}, errors.New("lambdatest: the process asked for an event: its initialization succeeded")
	}
	r := s.initError
	return InitFailure{r.RawError, r.ErrorType, r.ErrorMessage, s.cmd.ProcessState.ExitCode(), f.Stderr()}, nil
}

// Stdout is what the process, and those before it, have written to standard output until now. What was written
// before the answer to an event is in it when Invoke returns.
func (f *Function) Stdout() string { return f.stdout.String() }

// Stderr is as [Function.Stdout], of standard error.
func (f *Function) Stderr() string { return f.stderr.String() }

// Output is Stdout and then Stderr: all that Lambda would put into the log.
func (f *Function) Output() string { return f.Stdout() + f.Stderr() }

// Alive says whether the process is running.
func (f *Function) Alive() bool { return f.sandbox().alive() }

// PID is the process id of the process, or of the last one.
func (f *Function) PID() int { return f.sandbox().cmd.Process.Pid }

// FirstNext is closed when the process asks for its first event: it has initialized.
func (f *Function) FirstNext() <-chan struct{} { return f.sandbox().firstNext }

// Exited is closed when the process has ended. A panicking function answers first and ends afterwards.
func (f *Function) Exited() <-chan struct{} { return f.sandbox().exited }
