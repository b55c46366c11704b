package torture

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

type oddCommand struct {
	name  string
	check oddCheck
}

// oddCheck says what came of a check, and how to read all that was written: a process that goes on may write more.
type oddCheck func(*testing.T, oddCell) (r oddResult, output func() string)

var oddCommands = []oddCommand{{"function", byFunction}, {"xdrwait", byTerminal}}

// limit is what a command allows itself. xdrwait waits for a second, and a call may take ten. The function's calls take
// as long as it is told: one second where the answer may never end, and ten where a busy machine must not spoil it.
func (c oddCommand) limit(kind oddAnswer) time.Duration {
	if c.name == "function" && strings.HasPrefix(kind.want, "XDR.Unavailable") {
		return time.Second
	}
	return 11 * time.Second
}

// oddCell is where one command finds its services, of which one is odd.
type oddCell struct {
	odd          *oddServer
	sim          *xdrtest.Sim // the other one
	api, secrets string
	limit        time.Duration
}

type oddResult struct {
	outcome string // a verdict, an error's name, or what should not be
	took    time.Duration
	memory  int // MiB, the most
}

// watchdog ends a check that does not end by itself, at five times its limit.
func (c oddCell) watchdog(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*c.limit)
	t.Cleanup(cancel)
	return ctx
}

// byFunction lets the function make the check.
func byFunction(t *testing.T, c oddCell) (oddResult, func() string) {
	t.Helper()
	f := lambdatest.Start(t, lambdatest.Options{Binary: bootstrap, Timeout: time.Minute, Env: map[string]string{
		"XDR_SECRET_ID": "xdr/sim", "XDR_HTTP_TIMEOUT_SECONDS": fmt.Sprint(c.limit.Seconds()), "XDR_ALLOWED_ORIGINS": c.api, "AWS_ENDPOINT_URL_SECRETS_MANAGER": c.secrets,
		"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
	}})
	select {
	case <-f.FirstNext():
	case <-f.Exited():
	}
	began := time.Now()
	reply, err := f.Invoke(c.watchdog(t), []byte(`{"group_action_id":1}`))
	r := oddResult{took: time.Since(began), memory: peakMemory(t, f.PID())}
	said := string(reply.Payload) + string(reply.RawError)
	switch {
	case err != nil:
		r.outcome = err.Error()
	case reply.Failed():
		r.outcome = reply.ErrorType
	default:
		r.outcome = verdictOf(t, reply.Payload)
	}
	return r, func() string { return said + f.Output() }
}

// byTerminal lets xdrwait wait for a second. Its secret is in a file, or in Secrets Manager where that is the odd one.
func byTerminal(t *testing.T, c oddCell) (oddResult, func() string) {
	t.Helper()
	from := []string{"--secret-id", "xdr/sim"}
	if c.apiIsOdd() {
		file := filepath.Join(t.TempDir(), "secret.json")
		if err := os.WriteFile(file, []byte(c.sim.SecretValue()), 0o600); err != nil {
			t.Fatal(err)
		}
		from = []string{"--credentials", file}
	}
	cmd := exec.CommandContext(c.watchdog(t), xdrwait, append(from, "--allow-origin", c.api, "--timeout", "1s", "--output", "json", "1")...)
	cmd.Env = []string{
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + c.secrets, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
		"AWS_SECRET_ACCESS_KEY=" + awsKey, "AWS_SESSION_TOKEN=" + awsToken, "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	most := watchMemory(cmd.Process.Pid)
	_ = cmd.Wait() // the exit code says it
	r := oddResult{took: time.Since(began), memory: most(), outcome: c.ending(cmd.ProcessState, stdout.String(), stderr.String())}
	return r, func() string { return stdout.String() + stderr.String() }
}

func (c oddCell) apiIsOdd() bool { return c.api == c.odd.url() }

var errorName = regexp.MustCompile(`XDR\.[A-Z][A-Za-z]+`)

// ending reads how xdrwait ended: the exit code, and the name that goes with it. What might pass, but has not within the
// wait, is told as XDR.TimedOut and then as what it was.
func (c oddCell) ending(state *os.ProcessState, stdout, stderr string) string {
	stderr = strings.TrimSpace(stderr)
	names := errorName.FindAllString(stderr[strings.LastIndexByte(stderr, '\n')+1:], 2)
	switch code := state.ExitCode(); {
	case code == 0 && stdout != "":
		return "done"
	case code == 1 && strings.Contains(stdout, "deadline_exceeded"):
		return "pending"
	case code == 1:
		return "failed"
	case code != 2 || len(names) == 0:
		return state.String()
	case len(names) == 2 && names[0] == "XDR.TimedOut":
		return names[1]
	case c.apiIsOdd() && (names[0] == "XDR.Unavailable" || names[0] == "XDR.Throttled"):
		return names[0] + " and not XDR.TimedOut"
	}
	return names[0]
}

// watchMemory looks at a process until it ends: what it has taken can be read only while it lives.
func watchMemory(pid int) (most func() int) {
	found := make(chan int, 1)
	go func() {
		last := 0
		for n, err := memoryOf(pid, "VmHWM:"); err == nil; n, err = memoryOf(pid, "VmHWM:") {
			last = n
			time.Sleep(5 * time.Millisecond)
		}
		found <- last / 1024
	}()
	return func() int { return <-found }
}
