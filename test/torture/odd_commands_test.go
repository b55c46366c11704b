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
)

// maxMemory is what a check may take, in MiB of the whole process: half of the function that the template makes.
const maxMemory = 64

// maxAnswer is what the function may answer, in bytes.
const maxAnswer = 32 << 10

// command makes a check. It says what came of it, and how to read all that was written: a process that goes on may
// write more.
type command struct {
	name  string
	check func(*testing.T, cell) (r result, output func() string)
}

var oddCommands = []command{{"function", byFunction}, {"xdrwait", byTerminal}}

type result struct {
	outcome string // a verdict, an error's name, or what should not be
	took    time.Duration
	memory  int // MiB, the most
}

// slowestCheck is the longest that a check may take by itself. xdrwait waits for a second and gives a call ten. Either
// command may wait for two fetches of five seconds from Secrets Manager: one that was under way, and its own.
const slowestCheck = 11 * time.Second

// watchdog ends a check that does not end by itself.
func watchdog(t *testing.T, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*limit)
	t.Cleanup(cancel)
	return ctx
}

// byFunction lets the function make the check. A call has a second if the answer may never end; a busy machine must not
// spoil the others.
func byFunction(t *testing.T, c cell) (result, func() string) {
	t.Helper()
	limit := slowestCheck
	if strings.HasPrefix(c.kind.want, "XDR.Unavailable") {
		limit = time.Second
	}
	f := startFunction(t, c.api, c.secrets, lambdatest.Options{
		Timeout: time.Minute,
		Env:     map[string]string{"XDR_HTTP_TIMEOUT_SECONDS": fmt.Sprint(limit.Seconds())},
	})
	select {
	case <-f.FirstNext():
	case <-f.Exited():
	}
	event := c.kind.event
	if event == "" {
		event = `{"group_action_id":1}`
	}
	began := time.Now()
	reply, err := f.Invoke(watchdog(t, limit), []byte(event))
	r := result{took: time.Since(began), outcome: reply.ErrorType}
	kib, _ := memory(f.PID(), "VmHWM") // it may have ended
	r.memory = kib / 1024
	said := string(reply.Payload) + string(reply.RawError)
	switch {
	case err != nil:
		r.outcome = err.Error()
	case !reply.Failed():
		r.outcome = verdictOf(t, reply.Payload).Verdict
	}
	if len(said) > maxAnswer {
		t.Errorf("an answer of %d bytes", len(said))
	}
	return r, func() string { return said + f.Output() }
}

// byTerminal lets xdrwait wait for a second. It has the secret in a file, unless Secrets Manager is the odd one.
func byTerminal(t *testing.T, c cell) (result, func() string) {
	t.Helper()
	args := []string{"--secret-id", "xdr/sim"}
	if c.apiIsOdd() {
		file := filepath.Join(t.TempDir(), "secret.json")
		try(os.WriteFile(file, []byte(c.sim.SecretValue()), 0o600))
		args = []string{"--credentials", file}
	}
	args = append(args, "--allow-origin", c.api, "--timeout", "1s", "--output", "json", "1")
	cmd := exec.CommandContext(watchdog(t, slowestCheck), xdrwait, args...)
	cmd.Env = []string{
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + c.secrets, "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=" + awsKey, "AWS_SESSION_TOKEN=" + awsToken,
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	var stdout, stderr strings.Builder
	cmd.Stdout = &stdout
	cmd.Stderr = &stderr
	began := time.Now()
	try(cmd.Start())
	most := watchMemory(cmd.Process.Pid)
	_ = cmd.Wait() // the exit code says it
	r := result{took: time.Since(began), memory: most()}
	r.outcome = c.ending(cmd.ProcessState, stdout.String(), stderr.String())
	return r, func() string { return stdout.String() + stderr.String() }
}

var errorName = regexp.MustCompile(`XDR\.[A-Z][A-Za-z]+`)

// ending reads how xdrwait ended: the exit code, and the error name that goes with it. A temporary error at the end of
// the wait is XDR.TimedOut, and then the name of that error.
func (c cell) ending(state *os.ProcessState, stdout, stderr string) string {
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
		for n, err := memory(pid, "VmHWM"); err == nil; n, err = memory(pid, "VmHWM") {
			last = n
			time.Sleep(5 * time.Millisecond)
		}
		found <- last / 1024
	}()
	return func() int { return <-found }
}
