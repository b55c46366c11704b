package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/schematest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const canary = xdrtest.Canary

var bootstrap string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "bootstrap")
	if err != nil {
		panic(err)
	}
	if bootstrap, err = lambdatest.Build(context.Background(), ".", dir, nil); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// deployed is the built binary under a Runtime API, with a simulated tenant that knows every scenario.
type deployed struct {
	*lambdatest.Function
	sim *xdrtest.Sim
}

// deploy prepares the tenant before the process starts, which reads its secret at once.
func deploy(t *testing.T, env map[string]string, o lambdatest.Options, prepare ...func(*xdrtest.Sim)) deployed {
	t.Helper()
	var all []xdrtest.Scenario
	for _, name := range xdrtest.Names() {
		s, err := xdrtest.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: all, Key: canary, SecretAliases: []string{"xdr/tenant-acme"}, RateLimit: -1, SecurityLevel: "standard"})
	for _, p := range prepare {
		p(sim)
	}
	o.Env = map[string]string{
		"XDR_SECRET_ID": "xdr/sim", "XDR_TENANT_SECRET_PREFIX": "xdr/tenant-", "XDR_ALLOWED_ORIGINS": sim.URL(),
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": sim.URL(), "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
	}
	for name, value := range env {
		o.Env[name] = value
	}
	if o.Binary == "" {
		o.Binary = bootstrap
	}
	return deployed{lambdatest.Start(t, o), sim}
}

func (d deployed) invoke(t *testing.T, event string) lambdatest.Reply {
	t.Helper()
	r, err := d.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("%v\n%s", err, d.Output())
	}
	if r.ErrorType == "" {
		if !bytes.Equal(r.Payload, bytes.TrimSpace(r.Payload)) {
			t.Errorf("%q", r.Payload)
		}
		if err := schematest.Validate("verdict", r.Payload); err != nil {
			t.Errorf("%s: %v", r.Payload, err)
		}
	}
	return r
}

// body is what the caller gets: the verdict or the error object.
func body(r lambdatest.Reply) []byte { return append(r.Payload, r.RawError...) }

// holdsNoKey looks for pieces of the key in what the process has written, and in a reply of it.
func (d deployed) holdsNoKey(t *testing.T, r lambdatest.Reply) {
	t.Helper()
	if piece := xdrtest.Leak(d.Output()+string(body(r)), canary); piece != "" {
		t.Errorf("%q of the key appears: %s\n%s", piece, body(r), d.Output())
	}
}

const (
	doneID    = `{"group_action_id":22519813685301}`
	pendingID = `{"group_action_id":22519813685366}`
)

// Every sample of events/ gives the reply that stands beside it. Only times are compared by their form, and of an
// error message the beginning.
func TestSamples(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{})
	files, err := filepath.Glob("../../events/*.want.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, file := range files {
		event, err := os.ReadFile(strings.TrimSuffix(file, ".want.json") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := d.invoke(t, string(event))
		want, got := fields(t, raw), fields(t, body(r))
		if message, ok := want["errorMessage"].(string); ok && strings.HasPrefix(r.ErrorMessage, message) {
			want["errorMessage"] = r.ErrorMessage
		}
		if since, ok := want["elapsed_seconds"].(float64); ok && since > 0 { // the sample began at a fixed time
			if now, _ := got["elapsed_seconds"].(float64); now <= 0 {
				t.Errorf("%s: %v seconds", file, now)
			}
			want["elapsed_seconds"] = got["elapsed_seconds"]
		}
		if at, ok := got["checked_at"].(string); ok {
			if _, err := time.Parse(time.RFC3339, at); err == nil {
				want["checked_at"] = at
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", file, got, want)
		}
	}
}

func fields(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return m
}

// What the API says of an endpoint reaches the caller as it stands: a page that shows it does its own escaping.
func TestVerdictHasNoHTMLEscapes(t *testing.T) {
	t.Parallel()
	const said = "<b>5 & 7</b>"
	d := deploy(t, nil, lambdatest.Options{}, func(s *xdrtest.Sim) {
		s.AddFaults(xdrtest.Fault{Body: `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":"` + said + `"}}}`})
	})
	if r := d.invoke(t, doneID); !strings.Contains(string(r.Payload), said) {
		t.Errorf("%s", body(r))
	}
}

// Each name of the contract is produced by its cause and seen as errorType, and nothing that the process
// writes or answers on the way holds the key.
func TestErrorNames(t *testing.T) {
	t.Parallel()
	type cause struct {
		name    string
		want    string
		env     map[string]string
		prepare func(*xdrtest.Sim)
		event   string
	}
	var causes []cause
	fault := func(want string, f xdrtest.Fault) {
		name := fmt.Sprintf("%d %.40s reset=%v cut=%d", f.Status, f.Body, f.Reset, f.CutAfterBytes)
		causes = append(causes, cause{name, want, nil, func(s *xdrtest.Sim) { s.AddFaults(f) }, pendingID})
	}
	secret := func(want string, f xdrtest.SecretFault) {
		causes = append(causes, cause{want + " " + f.Name, want, nil, func(s *xdrtest.Sim) { s.AddSecretFaults(f) }, pendingID})
	}
	value := func(text string) {
		causes = append(causes, cause{"secret " + text, "XDR.CredentialsInvalid", nil, func(s *xdrtest.Sim) { s.SetSecret(text, false) }, pendingID})
	}
	secret("XDR.CredentialsInvalid", xdrtest.SecretFault{Name: "AccessDeniedException"})
	secret("XDR.CredentialsInvalid", xdrtest.SecretFault{Name: "ResourceNotFoundException"})
	secret("XDR.CredentialsUnavailable", xdrtest.SecretFault{Name: "ThrottlingException"})
	secret("XDR.CredentialsUnavailable", xdrtest.SecretFault{Name: "InternalServiceError"})
	secret("XDR.CredentialsUnavailable", xdrtest.SecretFault{Reset: true})
	for _, status := range []int{401, 402, 403} {
		fault("XDR.Unauthorized", xdrtest.Fault{Status: status})
	}
	for _, status := range []int{500, 502, 503, 504} {
		fault("XDR.Unavailable", xdrtest.Fault{Status: status})
	}
	for _, status := range []int{204, 302, 400, 404, 418} {
		fault("XDR.Rejected", xdrtest.Fault{Status: status})
	}
	fault("XDR.Throttled", xdrtest.Fault{Status: 429, RetryAfter: "7"})
	fault("XDR.Unavailable", xdrtest.Fault{Reset: true})
	fault("XDR.Unavailable", xdrtest.Fault{CutAfterBytes: 10})
	fault("XDR.Unavailable", xdrtest.Fault{Status: 502, Body: "<p>" + canary + "</p>", ContentType: "text/html"})
	fault("XDR.Rejected", xdrtest.Fault{Body: `{"reply":{"data":"` + canary + `"}}`})
	fault("XDR.Rejected", xdrtest.Fault{Status: 400, Body: `{"reply":{"err_code":400,"err_msg":"` + canary + `","err_extra":["` + canary + `"]}}`})
	value(canary)
	value(`{"api_key":"` + canary + `"}`)
	value(`{"api_url":"https://` + canary + `@evil.example","api_key_id":"7","api_key":"` + canary + `","security_level":"standard"}`)
	value(`{"api_url":"https://evil.example","api_key_id":"7","api_key":"` + canary + `","security_level":"standard"}`)
	nothing := func(*xdrtest.Sim) {}
	causes = append(causes,
		cause{"bad event", "XDR.InvalidRequest", nil, nothing, `{}`},
		cause{"null", "XDR.InvalidRequest", nil, nothing, `null`},
		cause{"a revoked key", "XDR.Unauthorized", nil, func(s *xdrtest.Sim) { s.RevokeKey() }, pendingID},
		cause{"oversize", "XDR.Rejected", map[string]string{"XDR_MAX_REPLY_BYTES": "100"}, nothing, pendingID},
		cause{"no tenants", "XDR.InvalidRequest", map[string]string{"XDR_TENANT_SECRET_PREFIX": ""}, nothing, `{"group_action_id":1,"tenant":"a"}`},
	)
	for name, proxy := range map[string]string{"a malformed proxy": "http://user:" + canary + "@%zz", "a dead proxy": "http://user:" + canary + "@127.0.0.1:1"} {
		beyond := func(s *xdrtest.Sim) {
			s.SetSecret(strings.Replace(s.SecretValue(), s.URL(), "http://api.example.invalid", 1), false)
		}
		causes = append(causes, cause{name, "XDR.Unavailable", map[string]string{"HTTP_PROXY": proxy, "XDR_ALLOWED_ORIGINS": "http://api.example.invalid"}, beyond, pendingID})
	}
	for _, c := range causes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, c.env, lambdatest.Options{}, c.prepare)
			r := d.invoke(t, c.event)
			if r.ErrorType != c.want {
				t.Errorf("%s: %s, want %s", r.ErrorType, r.ErrorMessage, c.want)
			}
			if log := d.Output(); r.ErrorType != "" && (!strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, r.ErrorType) || !strings.Contains(log, r.RequestID)) {
				t.Errorf("log: %s", log)
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

// A bug is built into the real binary, where the credentials are in scope. It costs its check and nothing else.
func TestPanicLeavesTheProcessAlive(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{Binary: withBug(t)})
	r := d.invoke(t, pendingID)
	if r.ErrorType != "XDR.Internal" || !strings.Contains(r.ErrorMessage, "index out of range") || !strings.Contains(r.ErrorMessage, "22519813685366") {
		t.Errorf("%s: %s", r.ErrorType, r.ErrorMessage)
	}
	if r := d.invoke(t, doneID); r.ErrorType != "" || !d.Alive() {
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
	source, err := filepath.Abs("../../pkg/handler/wait.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	const line = "	return int(max(1, seconds))"
	if bytes.Count(text, []byte(line)) != 1 {
		t.Fatalf("%q is not in %s", line, source)
	}
	dir := t.TempDir()
	replaced := filepath.Join(dir, "wait.go")
	if err := os.WriteFile(replaced, bytes.Replace(text, []byte(line), []byte("	return []int{}[int(seconds)]"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	binary, err := lambdatest.Build(t.Context(), ".", dir, map[string]string{source: replaced})
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func TestBadEnvironmentStopsTheInit(t *testing.T) {
	t.Parallel()
	for _, bad := range badValues {
		t.Run(bad.name+"="+bad.value, func(t *testing.T) {
			t.Parallel()
			f := lambdatest.Start(t, lambdatest.Options{Binary: bootstrap, Env: map[string]string{"XDR_SECRET_ID": "s", bad.name: bad.value}})
			e, err := f.InitError(t.Context())
			if err != nil || e.ExitCode != 1 || !strings.Contains(e.Stderr, bad.name+":") || strings.Count(f.Output(), "\n") != 1 {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}

func TestSlowServicesEndBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	for want, prepare := range map[string]func(*xdrtest.Sim){
		"XDR.Unavailable":            func(s *xdrtest.Sim) { s.AddFaults(xdrtest.Fault{DelaySeconds: 60}) },
		"XDR.CredentialsUnavailable": func(s *xdrtest.Sim) { s.AddSecretFaults(xdrtest.SecretFault{Delay: time.Minute}) },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			d := deploy(t, nil, lambdatest.Options{Timeout: 2 * time.Second}, prepare)
			if r := d.invoke(t, pendingID); r.ErrorType != want {
				t.Errorf("%s: %s", r.ErrorType, r.ErrorMessage)
			}
		})
	}
}

func TestColdConcurrentInvocationsShareOneFetch(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{Concurrency: 200})
	d.sim.Expect(200)
	d.sim.ExpectSecretCalls(1)
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			if r, err := d.Invoke(t.Context(), []byte(doneID)); err != nil || r.ErrorType != "" {
				t.Errorf("%s, %v", body(r), err)
			}
		})
	}
	group.Wait()
}

func TestRotationUnderLoadLosesNoCheck(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{Concurrency: 20})
	var group sync.WaitGroup
	rotated := make(chan struct{})
	for range 20 {
		group.Go(func() {
			for i := range 20 {
				if i == 10 {
					<-rotated // so that some checks are under way at the rotation, and some come after it
				}
				if r, err := d.Invoke(t.Context(), []byte(doneID)); err != nil || r.ErrorType != "" {
					t.Errorf("%s, %v", body(r), err)
				}
			}
		})
	}
	for len(d.sim.Requests()) < 60 {
		time.Sleep(time.Millisecond)
	}
	d.sim.Rotate()
	close(rotated)
	group.Wait()
	refused := 0
	for _, r := range d.sim.Requests() {
		if r.Status == 401 {
			refused++
		}
	}
	if n := len(d.sim.SecretCalls()); n < 2 || n > 5 || refused == 0 {
		t.Errorf("%d Secrets Manager calls, %d refused requests", n, refused)
	}
}
