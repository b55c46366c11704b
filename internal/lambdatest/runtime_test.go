package lambdatest_test

import (
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

func TestRuntimeAPIRefuses(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	for path, want := range map[string]string{
		"/invocation/no-such-id/response": `400 {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`,
		"/invocation/no-such-id/error":    `400 {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`,
		"/init/error":                     `403 {"errorMessage":"State transition is not allowed","errorType":"InvalidStateTransition"}`,
		"/nothing":                        `404 404 page not found`,
	} {
		r := invoke(t, f, `{"post":"`+path+`","body":"{}"}`)
		if got := strings.TrimSpace(string(r.Payload)); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestHeaderAgainstBody(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	r := invoke(t, f, `{"post":"/invocation/{id}/error","type":"Header.Type","body":"{\"errorType\":\"Body.Type\"}"}`)
	if r.ErrorType != "Body.Type" || r.HeaderErrorType != "Header.Type" || !r.TypesDiffer {
		t.Errorf("%+v", r)
	}
	<-f.Exited() // the library answered too, was refused, and gave up
	if !strings.Contains(f.Stderr(), "400") {
		t.Errorf("standard error %s", f.Stderr())
	}
}

func TestResponseTooLong(t *testing.T) {
	t.Parallel()
	f := start(t, lambdatest.Options{})
	if r := invoke(t, f, `"long"`); r.ErrorType != "Function.ResponseSizeTooLarge" || !strings.Contains(r.ErrorMessage, "6291556") {
		t.Errorf("%.200v", r)
	}
}
