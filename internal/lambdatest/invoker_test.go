package lambdatest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

const path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Astatus%3Alive/invocations"

// answer is a reply of the Invoke front.
type answer struct {
	status  int
	header  http.Header
	body    string
	kind    string // errorType of the body
	message string // errorMessage of the body
}

func call(t *testing.T, f *lambdatest.Function, kind, event string) answer {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(event))
	req.Header.Set("X-Amz-Invocation-Type", kind)
	w := httptest.NewRecorder()
	f.Invoker().ServeHTTP(w, req)
	a := answer{status: w.Code, header: w.Header(), body: w.Body.String()}
	var e struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(w.Body.Bytes(), &e) == nil {
		a.kind, a.message = e.ErrorType, e.ErrorMessage
	}
	if !uuid.MatchString(a.header.Get("X-Amzn-RequestId")) {
		t.Errorf("%.40s: headers %v", event, a.header)
	}
	return a
}

func TestInvokerReplies(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	for event, want := range map[string]string{`{"a": 1}`: `{"a": 1}`, ``: `{}`} {
		a := call(t, f, "", event)
		if a.status != http.StatusOK || a.body != want || a.header.Get("X-Amz-Function-Error") != "" || a.header.Get("X-Amz-Executed-Version") != "$LATEST" {
			t.Errorf("%s: %+v", event, a)
		}
	}
	a := call(t, f, "RequestResponse", `"context"`)
	if id := a.header.Get("X-Amzn-RequestId"); !strings.Contains(a.body, `"id":"`+id+`"`) {
		t.Errorf("the function saw another request id than %s: %s", id, a.body)
	}
}

// A function error is a reply, and the next call is served whatever happened to the process.
func TestInvokerFunctionErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ event, kind, message string }{
		{`"error"`, "Echo.Refused", "as asked"},
		{`"panic"`, "string", "as asked"},
		{`"exit"`, "Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: exit status 7"},
		{`"exit 0"`, "Runtime.ExitError", "RequestId: ID Error: Runtime exited without providing a reason"},
		{`"hang"`, "Sandbox.Timedout", "RequestId: ID Error: Task timed out after 0.50 seconds"},
	} {
		t.Run(tt.event, func(t *testing.T) {
			t.Parallel()
			f := start(t, lambdatest.Options{Timeout: 500 * time.Millisecond})
			a := call(t, f, "", tt.event)
			want := strings.Replace(tt.message, "ID", a.header.Get("X-Amzn-RequestId"), 1)
			if a.status != http.StatusOK || a.header.Get("X-Amz-Function-Error") != "Unhandled" || a.kind != tt.kind || a.message != want {
				t.Errorf("%+v", a)
			}
			if a := call(t, f, "", `1`); a.status != http.StatusOK || a.body != "1" {
				t.Errorf("after it: %+v", a)
			}
		})
	}
}

func TestInvokerOfAFunctionThatCannotStart(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{Env: map[string]string{"INIT": "exit"}})
	if a := call(t, f, "", `1`); a.kind != "Runtime.ExitError" || !strings.HasSuffix(a.message, "exit status 4") {
		t.Errorf("%+v", a)
	}
}

func TestInvokerEvent(t *testing.T) {
	t.Parallel()
	f, g := start(t, lambdatest.Options{}), newGate(t)
	if a := call(t, f, "Event", string(g.event())); a.status != http.StatusAccepted || a.body != "" {
		t.Errorf("%+v", a)
	}
	<-g.arrived
}

func TestInvokerDryRun(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	if a := call(t, f, "DryRun", `"exit"`); a.status != http.StatusNoContent || a.body != "" {
		t.Errorf("%+v", a)
	}
	if a := call(t, f, "", `1`); a.body != "1" || strings.Contains(f.Stderr(), "last words") {
		t.Errorf("the function ran: %+v", a)
	}
}

func TestInvokerRefuses(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	text := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	for _, tt := range []struct {
		kind, event string
		status      int
		want        string
	}{
		{"", text(6 << 20), 200, ""},
		{"", text(6<<20 + 1), 413, "RequestTooLargeException"},
		{"Event", text(20 << 20), 413, "RequestTooLargeException"},
		{"", `{"a":`, 400, "InvalidRequestContentException"},
		{"Later", `1`, 400, "InvalidParameterValueException"},
	} {
		if a := call(t, f, tt.kind, tt.event); a.status != tt.status || a.header.Get("X-Amzn-Errortype") != tt.want {
			t.Errorf("%s %.20s: %d %v", tt.kind, tt.event, a.status, a.header)
		}
	}
}

func TestInvokerAfterTheTest(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	f := lambdatest.Start(tb, lambdatest.Options{Binary: binary})
	tb.end()
	if a := call(t, f, "", `1`); a.status != http.StatusInternalServerError || a.header.Get("X-Amzn-Errortype") != "ServiceException" {
		t.Errorf("%+v", a)
	}
}

// Over a real connection, a caller that sends too much still reads the status.
func TestInvokerOverHTTP(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(start(t, lambdatest.Options{}).Invoker())
	t.Cleanup(server.Close)
	for event, status := range map[string]int{`{"a":1}`: http.StatusOK, strings.Repeat("x", 20<<20): http.StatusRequestEntityTooLarge} {
		resp, err := http.Post(server.URL+path, "application/json", strings.NewReader(event))
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != status {
			t.Errorf("%.20s: %d, %v", event, resp.StatusCode, err)
		}
	}
}
