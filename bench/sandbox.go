package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const patience = time.Minute // for anything that a contender does

// sandbox is one process of a contender under the least of a Runtime API that measures well.
type sandbox struct {
	contender contender
	cmd       *exec.Cmd
	server    *http.Server
	output    *os.File
	meter     *os.File // what the meter writes, if it is built in

	began  time.Time
	asked  chan time.Time
	event  chan []byte
	handed chan time.Time
	answer chan answer
	exited chan struct{}
}

type answer struct {
	at     time.Time
	body   []byte
	failed bool
}

// start runs a contender on a share of one CPU.
func start(c contender, cpu int, part share) (*sandbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return nil, err
	}
	s := &sandbox{
		contender: c,
		cmd:       exec.CommandContext(context.Background(), c.command[0], c.command[1:]...), // #nosec G204 -- built here
		asked:     make(chan time.Time), event: make(chan []byte), handed: make(chan time.Time, 1),
		answer: make(chan answer), exited: make(chan struct{}),
	}
	s.server = &http.Server{Handler: s.runtimeAPI(), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(listener) }()
	s.cmd.Env = environ(c.env, listener.Addr().String())
	if s.output, err = os.CreateTemp("", "xdr-bench-"); err != nil {
		return nil, err
	}
	_ = os.Remove(s.output.Name())
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	meter, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.meter, s.cmd.ExtraFiles = meter, []*os.File{write}
	s.began = time.Now()
	err = startOn(cpu, part, s.cmd)
	_ = write.Close()
	if err != nil {
		return nil, err
	}
	go func() { _ = s.cmd.Wait(); close(s.exited) }()
	return s, nil
}

func environ(more map[string]string, api string) []string {
	env := map[string]string{
		"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
		"AWS_SESSION_TOKEN": "token", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "PATH": "/usr/local/bin:/usr/bin:/bin",
		"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "LANG": "en_US.UTF-8", "TZ": ":UTC",
		"AWS_LAMBDA_RUNTIME_API": api,
	}
	maps.Copy(env, more)
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

func (s *sandbox) runtimeAPI() http.Handler {
	const root = "/2018-06-01/runtime/invocation/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+root+"next", func(w http.ResponseWriter, r *http.Request) {
		event, ok := s.next(r.Context())
		if !ok {
			return
		}
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", "00000000-0000-4000-8000-000000000000")
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(patience).UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:bench")
		s.handed <- time.Now()
		_, _ = w.Write(event)
	})
	finish := func(failed bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			at := time.Now()
			body, _ := io.ReadAll(r.Body)
			s.answer <- answer{at, body, failed}
			w.WriteHeader(http.StatusAccepted)
		}
	}
	mux.HandleFunc("POST "+root+"{id}/response", finish(false))
	mux.HandleFunc("POST "+root+"{id}/error", finish(true))
	return mux
}

// next says that the process asks for an event, and waits for one; false if the process has ended.
func (s *sandbox) next(ctx context.Context) ([]byte, bool) {
	select {
	case s.asked <- time.Now():
	case <-ctx.Done():
		return nil, false
	}
	select {
	case event := <-s.event:
		return event, true
	case <-ctx.Done():
		return nil, false
	}
}

// ready waits until the process asks for an event and returns when it did.
func (s *sandbox) ready() (time.Time, error) {
	select {
	case at := <-s.asked:
		return at, nil
	case <-s.exited:
		return time.Time{}, s.errorf("ended")
	case <-time.After(patience):
		return time.Time{}, s.errorf("did not ask for an event")
	}
}

// check hands over an event and returns how long the answer took. The process must have asked for the event.
func (s *sandbox) check(endpoints int) (time.Duration, error) {
	s.event <- s.contender.event(endpoints)
	began := <-s.handed
	select {
	case a := <-s.answer:
		if want := fmt.Sprintf(`"total":%d,`, endpoints); a.failed || s.contender.asks && !strings.Contains(string(a.body), want) {
			return 0, s.errorf("answered %s", a.body)
		}
		return a.at.Sub(began), nil
	case <-s.exited:
		return 0, s.errorf("ended")
	case <-time.After(patience):
		return 0, s.errorf("did not answer")
	}
}

func (s *sandbox) errorf(format string, args ...any) error {
	text, _ := io.ReadAll(io.NewSectionReader(s.output, 0, 4096))
	return fmt.Errorf("%s %s\n%s", s.contender.name, fmt.Sprintf(format, args...), text)
}

func (s *sandbox) stop() error {
	err := s.cmd.Process.Kill()
	<-s.exited
	return errors.Join(err, s.server.Close(), s.output.Close(), s.meter.Close())
}
