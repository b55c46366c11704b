package torture

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// The credentials that the commands are given. None may appear anywhere.
const (
	canary   = xdrtest.Canary
	password = "0WxWbTnGq3RrLzuPdFh2Kv8Y"                 // of a proxy
	awsKey   = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" // lambdatest's
	awsToken = "lambdatest-session-token"
)

// startFunction runs the function with these services. At the end it looks for secrets in all that the function wrote.
func startFunction(t *testing.T, api, secrets string, o lambdatest.Options) *lambdatest.Function {
	t.Helper()
	env := map[string]string{
		"XDR_SECRET_ID":                    "xdr/sim",
		"XDR_ALLOWED_ORIGINS":              api,
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": secrets,
		"AWS_LAMBDA_LOG_FORMAT":            "JSON",
		"AWS_LAMBDA_LOG_LEVEL":             "DEBUG",
	}
	maps.Copy(env, o.Env)
	o.Binary = bootstrap
	o.Env = env
	f := lambdatest.Start(t, o)
	t.Cleanup(func() { noSecrets(t, f.Output()) })
	return f
}

// ask makes a check. It returns the verdict with its reason, total and action, or the name of the error, or neither;
// and all that was said. Nothing of that may be secret.
func ask(ctx context.Context, t *testing.T, f *lambdatest.Function, event string) (outcome, said string) {
	t.Helper()
	reply, err := f.Invoke(ctx, []byte(event))
	if err != nil { // it hangs, or has died
		return "no answer", err.Error()
	}
	said = string(reply.Payload) + string(reply.RawError)
	noSecrets(t, said)
	if reply.Failed() {
		return reply.ErrorType, said
	}
	var v handler.Verdict
	try(json.Unmarshal(reply.Payload, &v))
	return fmt.Sprintf("%s, %s, %d, %s", v.Outcome, v.Reason, v.Endpoints.Total, v.GroupActionID), said
}

func noSecrets(t *testing.T, text string, others ...string) {
	t.Helper()
	if piece := xdrtest.Leak(text, append(others, xdrtest.Canary, password, awsKey, awsToken)...); piece != "" {
		at := max(0, strings.Index(text, piece)) // it may be spelled in another way
		t.Errorf("%q comes out: …%s…", piece, text[max(0, at-500):min(len(text), at+500)])
	}
}

var ofTheStep = regexp.MustCompile(`.*/pkg/(xdr|handler)\..*`)

// dump ends an idle function by SIGQUIT and counts the goroutines in the dump that the runtime then writes. None may be
// of the step.
func dump(t *testing.T, f *lambdatest.Function) int {
	t.Helper()
	signal(t, f, syscall.SIGQUIT)
	<-f.Exited()
	if left := ofTheStep.FindString(f.Stderr()); left != "" {
		t.Errorf("a goroutine of the step is left: %s", left)
	}
	return strings.Count(f.Stderr(), "\ngoroutine ")
}

func signal(t *testing.T, f *lambdatest.Function, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(f.PID(), s); err != nil {
		t.Error(err)
	}
}

// descriptors counts the open files of a function.
func descriptors(f *lambdatest.Function) int {
	return len(must(os.ReadDir(fmt.Sprintf("/proc/%d/fd", f.PID()))))
}

// memory reads a figure in KiB of a process, unless it has ended: VmRSS is what it has now, VmHWM the most that it has had.
func memory(f *lambdatest.Function, field string) (n int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.PID()))
	_, rest, _ := strings.Cut(string(status), field+":")
	_, _ = fmt.Sscan(rest, &n)
	return n
}

// test/bench knows which modules are linked into the function.
func TestLicences(t *testing.T) {
	t.Parallel()
	for _, m := range must(buildinfo.ReadFile(bootstrap)).Deps {
		list := exec.Command("go", "-C", "../..", "list", "-m", "-f", "{{.Dir}}", m.Path)
		files := must(filepath.Glob(filepath.Join(strings.TrimSpace(string(must(list.Output()))), "LICENSE*")))
		if len(files) == 0 || !strings.Contains(string(must(os.ReadFile(files[0]))), "Apache License") {
			t.Errorf("%s is not under the Apache License: %v", m.Path, files)
		}
	}
}
