package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// Each name of the contract is produced by a cause and seen as errorType, and nothing that the process writes or
// answers on the way holds the key. XDR.Internal is in TestPanicLeavesTheProcessAlive, each cause in pkg/handler.
func TestErrorNames(t *testing.T) {
	t.Parallel()
	fault := func(f xdrtest.Fault) func(*xdrtest.Sim) { return func(s *xdrtest.Sim) { s.AddFaults(f) } }
	secret := func(name string) func(*xdrtest.Sim) {
		return func(s *xdrtest.Sim) { s.AddSecretFaults(xdrtest.Fault{Name: name}) }
	}
	nothing := func(*xdrtest.Sim) {}
	beyond := func(s *xdrtest.Sim) {
		s.SetSecret(strings.Replace(s.SecretValue(), s.URL(), "http://api.example.invalid", 1), false)
	}
	dead := map[string]string{"HTTP_PROXY": "http://user:" + canary + "@127.0.0.1:1", "XDR_ALLOWED_ORIGINS": "http://api.example.invalid"}
	late := strings.Replace(pendingID, "}", `,"started_at":"2026-01-01T00:00:00Z"}`, 1)
	for _, c := range []struct {
		name    string
		want    string
		env     map[string]string
		prepare func(*xdrtest.Sim)
		event   string
	}{
		{"bad event", "XDR.InvalidRequest", nil, nothing, `{}`},
		{"null", "XDR.InvalidRequest", nil, nothing, `null`},
		{"denied", "XDR.CredentialsInvalid", nil, secret("AccessDeniedException"), pendingID},
		{"another origin", "XDR.CredentialsInvalid", nil, beyond, pendingID},
		{"a throttled secret", "XDR.CredentialsUnavailable", nil, secret("ThrottlingException"), pendingID},
		{"a revoked key", "XDR.Unauthorized", nil, func(s *xdrtest.Sim) { s.RevokeKey() }, pendingID},
		{"429", "XDR.Throttled", nil, fault(xdrtest.Fault{Status: 429, RetryAfter: "7"}), pendingID},
		{"502", "XDR.Unavailable", nil, fault(xdrtest.Fault{Status: 502, Body: "<p>" + canary + "</p>", ContentType: "text/html"}), pendingID},
		{"a dead proxy", "XDR.Unavailable", dead, beyond, pendingID},
		{"503 past the deadline", "XDR.TimedOut", nil, fault(xdrtest.Fault{Status: 503}), late},
		{"wrong type", "XDR.Rejected", nil, fault(xdrtest.Fault{Body: `{"reply":{"data":"` + canary + `"}}`}), pendingID},
		{"400", "XDR.Rejected", nil, fault(xdrtest.Fault{Status: 400, Body: `{"reply":{"err_code":400,"err_msg":"` + canary + `","err_extra":["` + canary + `"]}}`}), pendingID},
		{"oversize", "XDR.Rejected", map[string]string{"XDR_MAX_REPLY_BYTES": "100"}, nothing, pendingID},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, c.env, lambdatest.Options{}, c.prepare)
			r := d.invoke(t, c.event)
			if r.ErrorType != c.want {
				t.Errorf("%s: %s, want %s", r.ErrorType, r.ErrorMessage, c.want)
			}
			log := d.Output()
			for _, part := range []string{`"level":"ERROR"`, c.want, r.RequestID} {
				if !strings.Contains(log, part) {
					t.Errorf("%s is not in: %s", part, log)
				}
			}
			d.holdsNoKey(t, r)
		})
	}
}

func TestLogLevelsHoldNoKey(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"DEBUG", "INFO", "WARN", "ERROR", ""} {
		for _, format := range []string{"JSON", "TEXT"} {
			d := deploy(t, map[string]string{"AWS_LAMBDA_LOG_LEVEL": level, "AWS_LAMBDA_LOG_FORMAT": format}, lambdatest.Options{})
			d.invoke(t, doneID)
			d.sim.RevokeKey()
			r := d.invoke(t, doneID)
			log := d.Output()
			if !strings.Contains(log, "XDR.Unauthorized") {
				t.Errorf("%s %s: %s", level, format, log)
			}
			d.holdsNoKey(t, r)
			if shown := strings.Contains(log, "all_succeeded"); shown != (level != "WARN" && level != "ERROR") {
				t.Errorf("%s %s: the good check is logged: %v", level, format, shown)
			}
		}
	}
}

func TestBadEnvironmentStopsTheInit(t *testing.T) {
	t.Parallel()
	env := map[string]string{"XDR_SECRET_ID": "s", "XDR_TIMEOUT_SECONDS": "0"}
	f := lambdatest.Start(t, lambdatest.Options{Binary: bootstrap, Env: env})
	_, err := f.Invoke(t.Context(), []byte("{}"))
	const want = "exit status 1\nxdr-action-status: cannot start: XDR_TIMEOUT_SECONDS:"
	if err == nil || !strings.Contains(err.Error(), want) || strings.Count(f.Output(), "\n") != 1 {
		t.Errorf("%v: %s", err, f.Output())
	}
}

// A bug is built into the real binary, where the credentials are in scope. It costs its check and nothing else.
func TestPanicLeavesTheProcessAlive(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{Binary: withBug(t)})
	r := d.invoke(t, pendingID)
	if r.ErrorType != "XDR.Internal" || !strings.Contains(r.ErrorMessage, "index out of range") || !strings.Contains(r.ErrorMessage, "22519813685314") {
		t.Errorf("%s: %s", r.ErrorType, r.ErrorMessage)
	}
	if r := d.invoke(t, doneID); r.ErrorType != "" {
		t.Errorf("afterwards: %s", body(r))
	}
	if out := d.Output(); !strings.Contains(out, `"stack":"goroutine`) {
		t.Errorf("log: %s", out)
	}
	d.holdsNoKey(t, r)
}

// withBug builds the bootstrap with a fault in the schedule.
func withBug(t *testing.T) string {
	t.Helper()
	const source = "../../pkg/handler/wait.go"
	text, err := os.ReadFile(source)
	broken := bytes.Replace(text, []byte("return int(max(1, seconds))"), []byte("return []int{}[int(seconds)]"), 1)
	if err != nil || bytes.Equal(broken, text) {
		t.Fatalf("no fault in %s: %v", source, err)
	}
	dir := t.TempDir()
	replaced := filepath.Join(dir, "wait.go")
	must(t, os.WriteFile(replaced, broken, 0o600))
	binary, err := lambdatest.Build(t.Context(), ".", dir, map[string]string{source: replaced})
	must(t, err)
	return binary
}
