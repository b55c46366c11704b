package lambdatest_test

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestReplies(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	seen := map[string]bool{}
	for event, want := range map[string]string{`{"a": 1}`: `{"a": 1}`, `null`: `null`, `"stream"`: `"one two three"`} {
		r := invoke(t, f, event)
		if string(r.Payload) != want || r.Failed() || r.ErrorType != "" {
			t.Errorf("%s: %+v", event, r)
		}
		if !uuid.MatchString(r.RequestID) || seen[r.RequestID] {
			t.Errorf("request id %q", r.RequestID)
		}
		seen[r.RequestID] = true
	}
	<-f.FirstNext()
	if !f.Alive() || f.PID() <= 0 {
		t.Error("not alive")
	}
}

func TestFunctionErrors(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	for event, want := range map[string]struct{ kind, message string }{
		`"error"`:         {"Echo.Refused", "as asked"},
		`"plain error"`:   {"errorString", "a plain error"},
		`"broken stream"`: {"Echo.Broken", "halfway"},
	} {
		r := invoke(t, f, event)
		if !r.Failed() || r.ErrorType != want.kind || r.ErrorMessage != want.message || r.TypesDiffer || r.Payload != nil {
			t.Errorf("%s: %+v", event, r)
		}
		if !json.Valid(r.RawError) {
			t.Errorf("%s: body %s", event, r.RawError)
		}
	}
	if !f.Alive() {
		t.Error("an error ended the process")
	}
}

func TestPanicIsAnAnswerAndThenTheEnd(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	if r := invoke(t, f, `"panic"`); r.ErrorType != "string" || r.ErrorMessage != "as asked" {
		t.Errorf("%+v", r)
	}
	<-f.Exited()
	if f.Alive() {
		t.Error("alive")
	}
	_, err := f.Invoke(t.Context(), []byte(`1`))
	if e, ok := errors.AsType[*lambdatest.ExitError](err); !ok || e.Delivered || e.Code != 1 {
		t.Errorf("%+v", err)
	}
}

func TestExit(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	_, err := f.Invoke(t.Context(), []byte(`"exit"`))
	e, ok := errors.AsType[*lambdatest.ExitError](err)
	if !ok || !e.Delivered || e.Code != 7 || e.Status != "exit status 7" || e.Stderr != "last words\n" || !uuid.MatchString(e.RequestID) {
		t.Errorf("%+v", err)
	}
	if f.Alive() {
		t.Error("alive")
	}
}

func TestTimeoutKills(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{Timeout: 100 * time.Millisecond})
	_, err := f.Invoke(t.Context(), []byte(`"hang"`))
	e, ok := errors.AsType[*lambdatest.TimeoutError](err)
	if !ok || e.Timeout != 100*time.Millisecond || !uuid.MatchString(e.RequestID) || !strings.Contains(e.Error(), "100ms") {
		t.Errorf("%+v", err)
	}
	if f.Alive() {
		t.Error("alive")
	}
}

func TestWhatTheFunctionSees(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{
		Env:     map[string]string{"ONLY": "this", "AWS_REGION": "eu-west-1", "AWS_LAMBDA_RUNTIME_API": "not to be overridden"},
		Timeout: 7 * time.Second,
	})
	r := invoke(t, f, `"context"`)
	var got struct {
		ID, ARN, Trace, Dir string
		Env                 []string
		LeftMs              int `json:"left_ms"`
	}
	if err := json.Unmarshal(r.Payload, &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != r.RequestID || !strings.HasPrefix(got.ARN, "arn:aws:lambda:") || !strings.HasPrefix(got.Trace, "Root=1-") {
		t.Errorf("%+v", got)
	}
	if got.LeftMs <= 0 || got.LeftMs > 7000 {
		t.Errorf("%d ms left of 7 s", got.LeftMs)
	}
	if root, err := filepath.EvalSymlinks(filepath.Dir(binary)); err != nil || got.Dir != root {
		t.Errorf("working directory %s, want %s, %v", got.Dir, root, err)
	}
	for _, want := range []string{
		"ONLY=this", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=us-east-1", "_HANDLER=bootstrap",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128", "LAMBDA_TASK_ROOT=" + filepath.Dir(binary),
	} {
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

func TestStartedByTheCaller(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{Start: func(cmd *exec.Cmd) error {
		cmd.Env = append(cmd.Env, "STARTED=by the caller")
		return cmd.Start()
	}})
	began := time.Now()
	r := invoke(t, f, `"context"`)
	if most := time.Since(began); r.Duration <= 0 || r.Duration > most {
		t.Errorf("took %v of %v", r.Duration, most)
	}
	if !strings.Contains(string(r.Payload), `"STARTED=by the caller"`) {
		t.Errorf("environment: %s", r.Payload)
	}
	f.Close()
	if f.Alive() {
		t.Error("alive")
	}
}

func TestOutputIsCompleteWhenInvokeReturns(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	invoke(t, f, `"print"`)
	if out := f.Stdout(); len(out) != 1_000_011 || !strings.HasSuffix(out, "to the end\n") {
		t.Errorf("%d bytes of standard output", len(out))
	}
	if f.Stderr() != "to stderr\n" || f.Output() != f.Stdout()+f.Stderr() {
		t.Errorf("standard error %q", f.Stderr())
	}
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	const n = 4
	f, g := start(t, lambdatest.Options{Concurrency: n}), newGate(t)
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			if _, err := f.Invoke(t.Context(), g.event()); err != nil {
				t.Error(err)
			}
		})
	}
	for range n { // all are inside before one may leave
		<-g.arrived
	}
	g.open()
	group.Wait()
}

func TestAnEndedContext(t *testing.T) {
	t.Parallel()
	f, g := start(t, lambdatest.Options{}), newGate(t)
	ctx, cancel := context.WithCancel(t.Context())
	received := make(chan error)
	go func() {
		_, err := f.Invoke(ctx, g.event())
		received <- err
	}()
	<-g.arrived
	cancel()
	if err := <-received; !errors.Is(err, context.Canceled) {
		t.Errorf("received: %v", err)
	}
	if _, err := f.Invoke(ctx, []byte(`"exit"`)); !errors.Is(err, context.Canceled) {
		t.Errorf("queued: %v", err)
	}
	g.open() // the late answer is accepted, and the queued event was never handed over
	if r := invoke(t, f, `1`); string(r.Payload) != "1" {
		t.Errorf("%+v", r)
	}
}

func TestInitErrors(t *testing.T) {
	t.Parallel()
	const posted = `{"errorType":"Echo.Init","errorMessage":"no configuration"}`
	for how, want := range map[string]lambdatest.InitFailure{
		"exit":          {ExitCode: 4, Stderr: "cannot start\n"},
		"post":          {[]byte(posted), "Echo.Init", "no configuration", 3, ""},
		"post and hang": {[]byte(posted), "Echo.Init", "no configuration", -1, ""},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			f := start(t, lambdatest.Options{Env: map[string]string{"INIT": how}})
			got, err := f.InitError(t.Context())
			if err != nil || string(got.Posted) != string(want.Posted) || got.ErrorType != want.ErrorType ||
				got.ErrorMessage != want.ErrorMessage || got.ExitCode != want.ExitCode || got.Stderr != want.Stderr {
				t.Errorf("%+v, %v", got, err)
			}
			if _, err := f.Invoke(t.Context(), nil); err == nil {
				t.Error("answered")
			}
		})
	}
}

func TestInitErrorOfAFunctionWithout(t *testing.T) {
	t.Parallel()
	if _, err := start(t, lambdatest.Options{}).InitError(t.Context()); err == nil || !strings.Contains(err.Error(), "succeeded") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	hanging := start(t, lambdatest.Options{Env: map[string]string{"INIT": "hang"}})
	if _, err := hanging.InitError(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestTheEndOfTheTestEndsTheProcess(t *testing.T) {
	t.Parallel()
	tb, g := &fakeTB{}, newGate(t)
	f := lambdatest.Start(tb, lambdatest.Options{Binary: binary})
	answered := make(chan error)
	go func() {
		_, err := f.Invoke(t.Context(), g.event())
		answered <- err
	}()
	<-g.arrived
	tb.end()
	if f.Alive() {
		t.Error("alive")
	}
	if e, ok := errors.AsType[*lambdatest.ExitError](<-answered); !ok || e.Code != -1 || e.Status != "signal: killed" {
		t.Errorf("%+v", e)
	}
}

func TestStartWithoutABinary(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	func() {
		defer func() { _ = recover() }()
		lambdatest.Start(tb, lambdatest.Options{Binary: filepath.Join(t.TempDir(), "bootstrap")})
	}()
	if !strings.Contains(tb.fatal, "no such file") {
		t.Errorf("fatal %q", tb.fatal)
	}
}
