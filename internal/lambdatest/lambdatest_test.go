package lambdatest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "lambdatest")
	if err != nil {
		panic(err)
	}
	if binary, err = lambdatest.Build(context.Background(), "testdata/echo", dir, nil); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func start(t *testing.T, o lambdatest.Options) *lambdatest.Function {
	t.Helper()
	o.Binary = binary
	return lambdatest.Start(t, o)
}

func TestReplies(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{Env: map[string]string{"ONLY": "this"}, Timeout: 7 * time.Second})
	for event, want := range map[string]string{`{"a": 1}`: `{"a": 1}`, `"greet"`: `"plain"`, `"print"`: `"print"`} {
		r, err := f.Invoke(t.Context(), []byte(event))
		if err != nil || string(r.Payload) != want || r.ErrorType != "" || len(r.RequestID) != 36 {
			t.Errorf("%s: %+v, %v", event, r, err)
		}
	}
	r, err := f.Invoke(t.Context(), []byte(`"error"`))
	if err != nil || r.ErrorType != "Echo.Refused" || r.ErrorMessage != "as asked" || !strings.Contains(string(r.Payload), "as asked") {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = f.Invoke(t.Context(), []byte(`"deadline"`)); err != nil {
		t.Error(err)
	}
	if ms, err := strconv.Atoi(string(r.Payload)); err != nil || ms <= 0 || ms > 7000 {
		t.Errorf("deadline in %s ms, %v", r.Payload, err)
	}
	if r, _ = f.Invoke(t.Context(), []byte(`"env"`)); !strings.Contains(string(r.Payload), "ONLY=this") || strings.Contains(string(r.Payload), "HOME=") {
		t.Errorf("environment %s", r.Payload)
	}
	if out := f.Output(); !strings.Contains(out, "to stdout") || !strings.Contains(out, "to stderr") {
		t.Errorf("output %q", out)
	}
	select {
	case <-f.FirstNext():
	default:
		t.Error("the first request for work was not noticed")
	}
	if !f.Alive() || f.PID() <= 0 {
		t.Error("not alive")
	}
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{Concurrency: 2})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if _, err := f.Invoke(t.Context(), []byte(`"meet"`)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestExit(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	if _, err := f.Invoke(t.Context(), []byte(`"exit"`)); err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Error(err)
	}
	if code, err := f.Exit(t.Context()); code != 7 || err != nil || f.Alive() {
		t.Errorf("code %d, %v", code, err)
	}
	if _, err := f.Invoke(t.Context(), nil); err == nil {
		t.Error("a process that has ended answered")
	}
}

func TestExitGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Exit(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	source, err := filepath.Abs("testdata/echo/main.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replaced := filepath.Join(dir, "main.go")
	if err := os.WriteFile(replaced, []byte(strings.Replace(string(text), `"plain"`, `"replaced"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := lambdatest.Build(t.Context(), filepath.Dir(source), dir, map[string]string{source: replaced})
	if err != nil {
		t.Fatal(err)
	}
	f := lambdatest.Start(t, lambdatest.Options{Binary: b})
	if r, err := f.Invoke(t.Context(), []byte(`"greet"`)); err != nil || string(r.Payload) != `"replaced"` {
		t.Errorf("%s, %v", r.Payload, err)
	}
}

func TestBuildSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	if _, err := lambdatest.Build(t.Context(), t.TempDir(), t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "go build") {
		t.Error(err)
	}
}

func TestInvoker(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		event, functionError, body string
		status                     int
	}{
		{`{"a":1}`, "", `{"a":1}`, 200},
		{`"error"`, "Unhandled", `"errorType":"Echo.Refused"`, 200},
		{`"exit"`, "Unhandled", `"errorType":"Runtime.ExitError"`, 200},
		{`"hang"`, "Unhandled", `Task timed out after 0.30 seconds","errorType":"Sandbox.Timedout"`, 200},
		{`"` + strings.Repeat("x", 6<<20) + `"`, "", "must be smaller", 413},
	} {
		f := start(t, lambdatest.Options{Timeout: 300 * time.Millisecond})
		server := httptest.NewServer(f.Invoker())
		resp, err := http.Post(server.URL+"/2015-03-31/functions/status:live/invocations", "application/json", strings.NewReader(c.event))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		server.Close()
		if resp.StatusCode != c.status || resp.Header.Get("X-Amz-Function-Error") != c.functionError || !strings.Contains(string(body), c.body) ||
			resp.Header.Get("X-Amzn-Requestid") == "" {
			t.Errorf("%.40s: %d %v %s", c.event, resp.StatusCode, resp.Header, body)
		}
	}
}
