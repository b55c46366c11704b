package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/schematest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	scenario := func(text string) string {
		file := filepath.Join(t.TempDir(), "s.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, c := range []struct {
		name   string
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{"done", []string{"--simulate", "done", "--speed", "0.1"}, 0, "done (all_succeeded) after 0s: 5 endpoints, 5 succeeded, 0 failed, 0 pending\n", "done: 5 endpoints"},
		{"failed", []string{"--simulate", "failed", "7"}, 1, "failed  bd19836ddb62c11c55ab251ccaca5645  FAILED  Element not found.\n", ""},
		{"partial", []string{"--simulate", "partial", "--partial", "done"}, 0, "done", ""},
		{"enough", []string{"--simulate", "offline", "--min-success", "80", "--settle", "certain"}, 0, "done (enough_succeeded)", ""},
		{"deadline", []string{"--simulate", "pending", "--timeout", "1m", "--speed", "200"}, 1, "failed (deadline_exceeded) after", "next check in "},
		{"half an hour", []string{"--simulate", "pending", "--timeout", "30m", "--speed", "1000"}, 1, "failed (deadline_exceeded) after 30m", ""},
		{"missing agent", []string{"--simulate", "done", "--expect", "x", "--timeout", "5s", "--speed", "1000"}, 1, "pending  x\n", "(1 missing)"},
		{"faults that pass", []string{"--simulate", "errors", "--speed", "1000"}, 0, "done", "XDR.Throttled"},
		{"unknown statuses", []string{"--simulate", "unknown_status", "--timeout", "5s", "--speed", "1000"}, 1, "deadline_exceeded", "unknown statuses: COMPLETED_SUCCESSFULLY_WITH_EXCEPTIONS, SUCCEEDED"},
		{"faults past the timeout", []string{"--simulate", scenario(`{"description":"x","faults":[{"status":503}]}`), "--timeout", "10s", "--speed", "1000"}, 2, "", "xdrwait: XDR.TimedOut: XDR.Unavailable: group_action_id 22519813685366: Cortex XDR answered 503"},
		{"an outage that outlasts the wait", []string{"--simulate", scenario(`{"description":"x","agents":[{"count":1,"timeline":[{"at":0,"status":"PENDING"}]}],"faults":[{"from":2,"to":1000,"status":503}]}`), "--timeout", "10m", "--speed", "1000"}, 2, "pending (in_progress) after ", "xdrwait: XDR.TimedOut: XDR.Unavailable: group_action_id 22519813685366: Cortex XDR answered 503"},
		{"several ids, one of them bad", []string{"--simulate", "done", "1", "2", "y"}, 64, "", "xdrwait: XDR.InvalidRequest: group_action_id: expected an integer from 1 to 9223372036854775807, or a string of its digits, got \"y\"\n"},
		{"a final error", []string{"--simulate", scenario(`{"description":"x","faults":[{"status":403}]}`)}, 2, "", "XDR.Unauthorized"},
		{"no file", []string{"--credentials", "nowhere.json", "7"}, 2, "", "--credentials: stat nowhere.json"},
		{"bad id", []string{"--simulate", "done", "x"}, 64, "", `got "x"`},
		{"bad policy", []string{"--simulate", "done", "--partial", "x"}, 64, "", `policy.partial: expected "failed", "done" or "pending"`},
		{"no id", []string{"--secret-id", "s"}, 64, "", "expected at least one GROUP_ACTION_ID"},
		{"two ids", []string{"--simulate", "done", "--speed", "0.1", "1", "2"}, 0, "action 1: done (all_succeeded) after 0s: 5 endpoints, 5 succeeded, 0 failed, 0 pending\naction 2: done", "  2  done: 5"},
		{"csv", []string{"--simulate", "failed", "--output", "csv", "7"}, 1, "7,failed,6e1fcd704528ad8bf6d6bbedb9210096,failed,FAILED,missing file: /tmp/a.sh\n", ""},
		{"csv of pending ones", []string{"--simulate", "pending", "--output", "csv", "--timeout", "5s", "--speed", "1000", "7"}, 1, "7,failed,7bc3ca68769437ce986455407dab2a1f,pending,,\n", ""},
		{"completion", []string{"completion", "fish"}, 0, "complete -c xdrwait", ""},
		{"completion of scenarios", []string{"__complete", "--simulate", ""}, 0, "all_statuses\n", ""},
		{"secret help", []string{"secret", "check", "--help"}, 0, "Exit code: 0 all is well", ""},
		{"secret of nowhere", []string{"secret", "check"}, 64, "", "expected one of --secret-id and --credentials"},
		{"secret with an argument", []string{"secret", "check", "x"}, 64, "", `unexpected argument "x"`},
		{"no source", []string{"7"}, 64, "", "expected one of --secret-id, --credentials and --simulate"},
		{"two sources", []string{"--simulate", "done", "--secret-id", "s"}, 64, "", "expected one of"},
		{"no such flag", []string{"--nope"}, 64, "", "unknown flag: --nope"},
		{"bad output", []string{"--simulate", "done", "--output", "xml"}, 64, "", `--output: expected table, json or csv, got "xml"`},
		{"no speed", []string{"--simulate", "done", "--speed", "NaN"}, 64, "", "--speed: expected a number from 0.001 to 10000, got NaN"},
		{"backwards", []string{"--simulate", "done", "--speed", "-1"}, 64, "", "--speed"},
		{"too slow", []string{"--simulate", "done", "--speed", "1e-12"}, 64, "", "--speed"},
		{"infinitely fast", []string{"--simulate", "done", "--speed", "Inf"}, 64, "", "--speed"},
		{"a directory", []string{"--credentials", ".", "7"}, 2, "", "XDR.CredentialsInvalid"},
		{"Retry-After beyond the timeout", []string{"--simulate", scenario(`{"description":"x","faults":[{"status":429,"retry_after":"120"}]}`), "--timeout", "3m", "--speed", "1000"}, 2, "", "; retry after 2m0s; the deadline, 3m0s after started_at, has passed\n"},
		{"bad timeout", []string{"--simulate", "done", "--timeout", "999ms"}, 64, "", "--timeout: expected 1s to 168h, got 999ms"},
		{"bad origin", []string{"--credentials", "f", "--allow-origin", "h/p", "7"}, 64, "", "--allow-origin"},
		{"no such scenario", []string{"--simulate", "nope"}, 64, "", "one of all_statuses, done"},
		{"help", []string{"--help"}, 0, "Exit code: 0 done, 1 failed, 2 could not find out, 64 wrong usage;", ""},
		{"version", []string{"--version"}, 0, "xdrwait version ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(t, c.args...)
			if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) || c.stdout == "" && stdout != "" {
				t.Errorf("exit code %d, want %d\nstdout %s\nstderr %s", code, c.code, stdout, stderr)
			}
			if strings.ContainsAny(stdout+stderr, "\x1b\r") {
				t.Errorf("control characters where there is no terminal: %q %q", stdout, stderr)
			}
		})
	}
}

func TestOutputJSON(t *testing.T) {
	t.Parallel()
	code, stdout, _ := command(t, "--simulate", "mixed", "--speed", "200", "--output", "json", "22519813685399")
	if err := schematest.Validate("verdict", []byte(stdout)); code != 1 || err != nil {
		t.Errorf("exit code %d, %v: %s", code, err, stdout)
	}
	var v handler.Verdict
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || v.Endpoints.Total != 24 || v.Endpoints.Failed != 3 || string(v.GroupActionID) != `"22519813685399"` {
		t.Errorf("%v: %+v", err, v)
	}
}

// The file may hold a new key when the old one is refused: that is a rotation.
func TestCredentialsFile(t *testing.T) {
	t.Parallel()
	late, err := xdrtest.Load("done")
	if err != nil {
		t.Fatal(err)
	}
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{late}})
	file := filepath.Join(t.TempDir(), "acme.json")
	write := func() {
		if err := os.WriteFile(file, []byte(sim.SecretValue()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if code, stdout, stderr := command(t, "secret", "check", "--credentials", file, "--allow-origin", sim.URL()); code != 0 || !strings.Contains(stdout, "accepts the key") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if code, _, stderr := command(t, "--credentials", file, "22519813685301"); code != 2 || !strings.Contains(stderr, "allow-list") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if code, _, stderr := command(t, "--credentials", file, "--allow-origin", sim.URL(), "22519813685301"); code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	sim.RevokeKey()
	if code, stdout, stderr := command(t, "secret", "check", "--credentials", file, "--allow-origin", sim.URL()); code != 2 || strings.Contains(stdout, "accepts") || !strings.Contains(stderr, "check api_key_id") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if code, _, stderr := command(t, "--credentials", file, "--allow-origin", sim.URL(), "22519813685301"); code != 2 || !strings.Contains(stderr, "has not changed") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	sim.Rotate()
	write()
	if code, _, stderr := command(t, "--credentials", file, "--allow-origin", sim.URL(), "22519813685301"); code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "--credentials", file, "22519813685301"); code != 2 || !strings.Contains(stderr, "api_url: missing") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// --secret-id goes through the AWS SDK's own configuration.
func TestSecretID(t *testing.T) {
	done, err := xdrtest.Load("done")
	if err != nil {
		t.Fatal(err)
	}
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{done}})
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "simulated", "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_ENDPOINT_URL_SECRETS_MANAGER": sim.URL(),
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	args := []string{"--secret-id", "xdr/sim", "--allow-origin", sim.URL(), "22519813685301"}
	if code, _, stderr := command(t, args...); code != 64 || !strings.Contains(stderr, "no AWS region") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if code, stdout, stderr := command(t, append(args, "--region", "eu-central-1")...); code != 0 || !strings.HasPrefix(stdout, "done") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	args[1] = "xdr/nobody"
	if code, _, stderr := command(t, append(args, "--region", "eu-central-1")...); code != 2 || !strings.Contains(stderr, "does not exist") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	if code, _, stderr := command(t, append(args, "--region", "eu-central-1", "--timeout", "2s")...); code != 2 || !strings.HasPrefix(stderr, "xdrwait: XDR.CredentialsUnavailable") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestInterruptPrintsTheLastVerdict(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	var stdout bytes.Buffer
	stderr := &lineWriter{f: interrupt}
	code := run(ctx, []string{"--simulate", "pending", "--speed", "0.001"}, &stdout, stderr)
	if code != 2 || !strings.HasPrefix(stdout.String(), "pending (in_progress)") || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d\nstdout %s\nstderr %s", code, stdout.String(), stderr.String())
	}
}

// lineWriter calls f when something is written to it.
type lineWriter struct {
	bytes.Buffer
	f func()
}

func (l *lineWriter) Write(p []byte) (int, error) {
	l.f()
	return l.Buffer.Write(p)
}

func TestInterruptBeforeTheFirstAnswer(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"--simulate", "pending"}, &stdout, &stderr); code != 2 || stdout.Len() != 0 || stderr.Len() == 0 {
		t.Errorf("exit code %d\nstdout %s\nstderr %s", code, stdout.String(), stderr.String())
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	asked := &xdr.Error{RetryAfter: 2 * time.Minute}
	for _, c := range []struct {
		err      error
		failures int
		want     time.Duration
	}{
		{io.EOF, 0, 5 * time.Second}, {io.EOF, 1, 10 * time.Second}, {io.EOF, 3, 40 * time.Second}, {io.EOF, 4, time.Minute}, {io.EOF, 100, time.Minute},
		{asked, 0, 2 * time.Minute}, {&handler.Error{Err: asked}, 100, 2 * time.Minute},
		{&xdr.Error{RetryAfter: 5 * time.Minute}, 0, 5 * time.Minute}, {&xdr.Error{RetryAfter: 24 * time.Hour}, 0, 5 * time.Minute},
	} {
		if got := backoff(c.err, c.failures); got != c.want {
			t.Errorf("%v after %d failures: %v, want %v", c.err, c.failures, got, c.want)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	c := clock{time.Now(), 1000}
	if !c.Sleep(t.Context(), 10*time.Second) || c.Now().Sub(c.began) < 10*time.Second {
		t.Error("ten fast seconds did not pass")
	}
}

func TestBoundsOfTheFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		speed   float64
		timeout time.Duration
		ok      bool
	}{
		{0.001, time.Second, true}, {10_000, 168 * time.Hour, true},
		{0.000999, time.Second, false}, {10_001, time.Second, false}, {1e12, time.Second, false}, {-1, time.Second, false},
		{1, time.Second - 1, false}, {1, 168*time.Hour + 1, false},
	} {
		o := options{simulate: "done", output: "table", speed: c.speed, timeout: c.timeout}
		if err := o.check(); (err == nil) != c.ok {
			t.Errorf("speed %v and timeout %v: %v", c.speed, c.timeout, err)
		}
	}
}
