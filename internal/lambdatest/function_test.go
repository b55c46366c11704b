package lambdatest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
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
	for _, tt := range []struct{ event, payload, kind, message string }{
		{event: `{"a": 1}`, payload: `{"a": 1}`},
		{event: `null`, payload: `null`},
		{event: `"error"`, kind: "Echo.Refused", message: "as asked"},
		{event: `"plain error"`, kind: "errorString", message: "a plain error"},
	} {
		r := invoke(t, f, tt.event)
		failed := tt.payload == ""
		if string(r.Payload) != tt.payload || r.ErrorType != tt.kind || r.ErrorMessage != tt.message ||
			r.Failed() != failed || json.Valid(r.RawError) != failed {
			t.Errorf("%s: %+v", tt.event, r)
		}
		if !uuid.MatchString(r.RequestID) || seen[r.RequestID] {
			t.Errorf("request id %q", r.RequestID)
		}
		seen[r.RequestID] = true
	}
	<-f.FirstNext()
}

// A panicking function answers first.
func TestPanic(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	if r := invoke(t, f, `"panic"`); r.ErrorType != "string" || r.ErrorMessage != "as asked" {
		t.Errorf("%+v", r)
	}
	<-f.Exited()
	if _, err := f.Invoke(t.Context(), []byte(`1`)); err == nil || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("afterwards: %v", err)
	}
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
		Env: map[string]string{
			"ONLY":                   "this",
			"AWS_REGION":             "eu-west-1",
			"AWS_LAMBDA_RUNTIME_API": "not to be overridden",
		},
		Timeout: 7 * time.Second,
		Start: func(cmd *exec.Cmd) error {
			cmd.Env = append(cmd.Env, "STARTED=by the caller")
			return cmd.Start()
		},
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
	for _, want := range []string{
		"ONLY=this", "STARTED=by the caller", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=us-east-1",
		"_HANDLER=bootstrap", "LAMBDA_TASK_ROOT=" + filepath.Dir(binary),
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

func TestASecondAnswerIsRefused(t *testing.T) {
	t.Parallel()
	r := invoke(t, start(t, lambdatest.Options{}), `"context"`)
	api := regexp.MustCompile(`AWS_LAMBDA_RUNTIME_API=([^"]*)`).FindSubmatch(r.Payload)
	url := fmt.Sprintf("http://%s/2018-06-01/runtime/invocation/%s/response", api[1], r.RequestID)
	resp, err := http.Post(url, "application/json", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("got %d", resp.StatusCode)
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
	f := start(t, lambdatest.Options{Concurrency: n})
	g := newGate(t)
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			if _, err := f.Invoke(t.Context(), g.event); err != nil {
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
	f := start(t, lambdatest.Options{})
	g := newGate(t)
	ctx, cancel := context.WithCancel(t.Context())
	received := make(chan error)
	go func() {
		_, err := f.Invoke(ctx, g.event)
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
	g.open() // the late answer is accepted, and the queued event was never sent
	if r := invoke(t, f, `1`); string(r.Payload) != "1" {
		t.Errorf("%+v", r)
	}
}

func TestInitError(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{Env: map[string]string{"INIT": "exit"}})
	if code, err := f.InitError(t.Context()); code != 4 || err != nil || f.Stderr() != "cannot start\n" {
		t.Errorf("%d, %v, %q", code, err, f.Stderr())
	}
	if _, err := f.Invoke(t.Context(), nil); err == nil {
		t.Error("answered")
	}
	good := start(t, lambdatest.Options{})
	if _, err := good.InitError(t.Context()); err == nil || !strings.Contains(err.Error(), "succeeded") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	hanging := start(t, lambdatest.Options{Env: map[string]string{"INIT": "hang"}})
	if _, err := hanging.InitError(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCloseEndsTheProcess(t *testing.T) {
	t.Parallel()
	for _, init := range []string{"", "hang"} { // the process has received the event, or has not asked for it
		f := start(t, lambdatest.Options{Env: map[string]string{"INIT": init}})
		g := newGate(t)
		answered := make(chan error)
		go func() {
			_, err := f.Invoke(t.Context(), g.event)
			answered <- err
		}()
		if init == "" {
			<-g.arrived
		}
		f.Close()
		if err := <-answered; err == nil || !strings.Contains(err.Error(), "signal: killed") {
			t.Error(err)
		}
	}
}

// fakeTB is a test that may fail.
type fakeTB struct{ *testing.T }

func (fakeTB) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func TestStartWithoutABinary(t *testing.T) {
	t.Parallel()
	defer func() {
		if fatal := recover(); !strings.Contains(fmt.Sprint(fatal), "no such file") {
			t.Errorf("fatal: %v", fatal)
		}
	}()
	lambdatest.Start(fakeTB{t}, lambdatest.Options{Binary: filepath.Join(t.TempDir(), "bootstrap")})
}

func TestInvoker(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	for _, tt := range []struct {
		event     string
		status    int
		kind      string // of error
		body, end string // the whole, or its end
	}{
		{`{"a": 1}`, 200, "", `{"a": 1}`, ""},
		{`"error"`, 200, "Unhandled", `{"errorMessage":"as asked","errorType":"Echo.Refused"}`, ""},
		{`"exit"`, 500, "", "", "last words\n"},
	} {
		w := httptest.NewRecorder()
		f.Invoker().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.event)))
		got := w.Body.String()
		if w.Code != tt.status || w.Header().Get("X-Amz-Function-Error") != tt.kind ||
			tt.end == "" && got != tt.body || !strings.Contains(got, tt.end) {
			t.Errorf("%s: %d %v %s", tt.event, w.Code, w.Header(), got)
		}
	}
}
