package lambdatest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// sandbox is one process with a Runtime API of its own, so that nothing of it reaches the next one.
type sandbox struct {
	cmd     *exec.Cmd
	server  *http.Server
	timeout time.Duration
	stderr  *capture

	queue     chan *invocation // unbuffered: a poller takes the event, or nobody
	firstNext chan struct{}
	exited    chan struct{}
	asked     sync.Once // closes firstNext

	mu        sync.Mutex
	open      map[string]*invocation // every invocation that is not settled; nil once the process has ended
	initError Reply
}

func startSandbox(o Options, stdout, stderr *capture) (*sandbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return nil, err
	}
	s := &sandbox{
		cmd:       exec.Command(o.Binary), //nolint:gosec,noctx // a test chooses what it runs; kill ends it
		timeout:   o.Timeout,
		stderr:    stderr,
		queue:     make(chan *invocation),
		firstNext: make(chan struct{}),
		exited:    make(chan struct{}),
		open:      map[string]*invocation{},
	}
	s.server = &http.Server{Handler: s.runtimeAPI(), ReadHeaderTimeout: time.Minute}
	s.cmd.Dir = filepath.Dir(o.Binary)
	s.cmd.Env = o.environ(listener.Addr().String())
	s.cmd.Stdout, s.cmd.Stderr = stdout.file, stderr.file
	if err := o.Start(s.cmd); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	go func() { _ = s.server.Serve(listener) }()
	go s.watch()
	return s, nil
}

func (s *sandbox) kill() { _ = s.cmd.Process.Kill() }

func (s *sandbox) alive() bool { return !closed(s.exited) }

func (s *sandbox) initialized() bool { return closed(s.firstNext) }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// drainTime is for answers which the process sent right before it ended.
const drainTime = 2 * time.Second

// watch waits for the process to end and then settles what it has left open.
func (s *sandbox) watch() {
	_ = s.cmd.Wait() // its outcome is in ProcessState
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close()
	}
	s.mu.Lock()
	left := s.open
	s.open = nil
	s.mu.Unlock()
	close(s.exited)
	for _, i := range left {
		i.settle(Reply{}, s.exitError(i))
	}
}

func (s *sandbox) exitError(i *invocation) error {
	state := s.cmd.ProcessState
	return &ExitError{i.id, i.delivered, state.ExitCode(), state.String(), s.stderr.tail()}
}

// invoke queues the invocation and waits until it is settled.
func (s *sandbox) invoke(ctx context.Context, i *invocation) (Reply, error) {
	if !s.add(i) {
		return Reply{}, s.exitError(i)
	}
	select {
	case s.queue <- i:
	case <-i.settled:
	case <-ctx.Done():
		s.take(i.id)
	}
	select {
	case <-i.settled:
		return i.reply, i.err
	case <-ctx.Done():
		return Reply{}, fmt.Errorf("lambdatest: request %s: %w", i.id, context.Cause(ctx))
	}
}

func (s *sandbox) add(i *invocation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return false
	}
	s.open[i.id] = i
	return true
}

// take removes an invocation from the table; nil if it is not there.
func (s *sandbox) take(id string) *invocation {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.open[id]
	delete(s.open, id)
	return i
}

// deliver marks an invocation as received and starts its time; false if it was settled meanwhile.
func (s *sandbox) deliver(i *invocation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[i.id] != i {
		return false
	}
	i.delivered = true
	i.began = time.Now()
	i.deadline = time.AfterFunc(s.timeout, func() { s.expire(i) })
	return true
}

// expire ends an invocation that is past its deadline, and the process with it.
func (s *sandbox) expire(i *invocation) {
	if s.take(i.id) == nil {
		return
	}
	s.kill()
	<-s.exited
	i.settle(Reply{}, &TimeoutError{i.id, s.timeout})
}
