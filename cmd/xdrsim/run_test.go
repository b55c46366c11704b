package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

func TestRefusedCommandLines(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what is not refused does not serve
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-addr", "0.0.0.0:0"}, 2, "loopback"},
		{[]string{"-addr", ":8080"}, 2, "loopback"},
		{[]string{"-addr", "192.168.0.1:0"}, 2, "loopback"},
		{[]string{"-addr", "example.com:80"}, 2, "loopback"},
		{[]string{"-addr", "127.0.0.1"}, 2, "HOST:PORT"},
		{[]string{"-speed", "0"}, 2, "-speed"},
		{[]string{"-speed", "-1"}, 2, "-speed"},
		{[]string{"-speed", "NaN"}, 2, "-speed"},
		{[]string{"-speed", "Inf"}, 2, "-speed"},
		{[]string{"-rate-limit", "0"}, 2, "-rate-limit"},
		{[]string{"-security-level", "high"}, 2, "-security-level"},
		{[]string{"-base-path", "tenant"}, 2, "-base-path"},
		{[]string{"-base-path", "/tenant?x"}, 2, "-base-path"},
		{[]string{"-base-path", "//example.com"}, 2, "-base-path"},
		{[]string{"-base-path", "/100%"}, 2, "-base-path"},
		{[]string{"-nothing"}, 2, "-nothing"},
		{[]string{"done"}, 2, `"done"`},
		{[]string{"-scenario", "nothing"}, 1, "nothing"},
		{[]string{"-scenario", "done", "-scenario", "done"}, 1, "same group_action_id"},
		{[]string{"-tls", "/nowhere/ca.pem"}, 1, "/nowhere"},
		{[]string{"-h"}, 0, "-scenario"},
		{[]string{"-h"}, 0, "/_sim/rotate"},
		{[]string{"-h"}, 0, "/_sim/revoke"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(ctx, tt.args, &stdout, &stderr, nil)
		if code != tt.code || !strings.Contains(stderr.String(), tt.want) || stdout.Len() != 0 {
			t.Errorf("%v: got %d, %q and %q", tt.args, code, stdout.String(), stderr.String())
		}
	}
}

func TestLoopbackAddresses(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"127.0.0.1:0", "127.1.2.3:8080", "[::1]:0"} {
		if err := checkLoopback(addr); err != nil {
			t.Error(err)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-list"}, &stdout, &stderr, nil)
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if code != 0 || len(lines) != len(xdrtest.Names()) {
		t.Fatalf("got %d, %d lines, %s", code, len(lines), stderr.String())
	}
	for i, name := range xdrtest.Names() {
		if !strings.HasPrefix(lines[i], name+" ") {
			t.Errorf("line %q is not about %s", lines[i], name)
		}
	}
}

// sim is a running simulator.
type sim struct {
	env    map[string]string // what it printed
	hup    chan os.Signal
	stderr *lambdatest.Buffer
	stop   func() int // ends it and returns its exit code
}

// launch runs the command and reads its environment.
func launch(t *testing.T, args ...string) sim {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	s := sim{env: map[string]string{}, hup: make(chan os.Signal), stderr: &lambdatest.Buffer{}}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, args, in, s.stderr, s.hup)
		_ = in.Close()
	}()
	s.stop = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { s.stop() })
	printed := make([]byte, 4096)
	n, err := out.Read(printed) // all of it: it is written at once
	if err != nil {
		t.Fatalf("%v: %s", err, s.stderr.String())
	}
	for line := range strings.Lines(string(printed[:n])) {
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if !ok || !strings.HasPrefix(line, "export ") {
			t.Errorf("line %q is not for a shell", line)
		}
		s.env[name] = strings.TrimSpace(value)
	}
	return s
}

// secret reads the secret as the step would.
func (s sim) secret(t *testing.T, id string) map[string]string {
	t.Helper()
	body := post(t, s.env["AWS_ENDPOINT_URL_SECRETS_MANAGER"]+"/", `{"SecretId":"`+id+`"}`, map[string]string{
		"Content-Type":  "application/x-amz-json-1.1",
		"X-Amz-Target":  "secretsmanager.GetSecretValue",
		"Authorization": "AWS4-HMAC-SHA256 Credential=x/20261124/us-east-1/secretsmanager/aws4_request, Signature=0",
	})
	var v struct{ SecretString string }
	var value map[string]string
	if err := errors.Join(json.Unmarshal([]byte(body), &v), json.Unmarshal([]byte(v.SecretString), &value)); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return value
}

// ask asks with a standard key.
func ask(t *testing.T, secret map[string]string, id string) string {
	t.Helper()
	url := secret["api_url"] + "/public_api/v1/actions/get_action_status"
	return post(t, url, `{"request_data":{"group_action_id":`+id+`}}`, map[string]string{
		"x-xdr-auth-id": secret["api_key_id"],
		"Authorization": secret["api_key"],
	})
}

func post(t *testing.T, url, body string, header map[string]string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRun(t *testing.T) {
	t.Parallel()
	s := launch(t, "-security-level", "standard", "-base-path", "/tenant", "-rate-limit", "-1")
	secret := s.secret(t, s.env["XDR_SECRET_ID"])
	if secret["api_url"] != s.env["XDR_ALLOWED_ORIGINS"]+"/tenant" || secret["security_level"] != "standard" {
		t.Errorf("got %v", secret)
	}
	if s.secret(t, s.env["XDR_TENANT_SECRET_PREFIX"]+"acme")["api_key"] != secret["api_key"] {
		t.Error("the tenant acme has another secret")
	}
	if got := ask(t, secret, "22519813685314"); strings.Count(got, `"IN_PROGRESS"`) != 1 {
		t.Errorf("pending: got %s", got)
	}
	if got := ask(t, secret, strconv.Itoa(exampleID)); strings.Count(got, `"PENDING"`) != 23 {
		t.Errorf("any other id: got %s", got)
	}

	s.hup <- syscall.SIGHUP
	s.hup <- syscall.SIGHUP // taken only when the first one is done
	if got := ask(t, secret, "12345"); !strings.Contains(got, `"err_code":401`) {
		t.Errorf("the old key got %s", got)
	}
	fresh := s.secret(t, "xdr/sim")["api_key"]
	if fresh == secret["api_key"] {
		t.Error("the secret has the old key")
	}
	if code := s.stop(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	log := s.stderr.String()
	if strings.Count(log, "api request") != 3 || strings.Count(log, "secret call") != 3 {
		t.Errorf("logged %s", log)
	}
	if shown := fmt.Sprint(log, s.env); xdrtest.Leak(shown, fresh, secret["api_key"]) != "" {
		t.Errorf("the key is in %s", shown)
	}
}

func TestRunOwnScenario(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mine.json")
	text := `{"group_action_id":5,"agents":[{"count":1,"timeline":[{"at":0,"status":"MINE"}]}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := launch(t, "-print-key", "-security-level", "standard", "-scenario", file, "-scenario", "late", "-speed", "1e9")
	secret := map[string]string{
		"api_url": s.env["XDR_API_URL"], "api_key_id": s.env["XDR_API_KEY_ID"], "api_key": s.env["XDR_API_KEY"],
	}
	if got := ask(t, secret, "5"); !strings.Contains(got, `"MINE"`) {
		t.Errorf("got %s", got)
	}
	if got := ask(t, secret, "6"); got != `{"reply":{"data":{}}}` {
		t.Errorf("an unknown id got %s", got)
	}
	const late = "22519813685308"
	ask(t, secret, late)
	if got := ask(t, secret, late); strings.Count(got, `"COMPLETED_SUCCESSFULLY"`) != 3 {
		t.Errorf("got %s", got)
	}
	var stdout, stderr bytes.Buffer
	addr := strings.TrimPrefix(s.env["XDR_ALLOWED_ORIGINS"], "http://")
	code := run(t.Context(), []string{"-addr", addr}, &stdout, &stderr, nil)
	if code != 1 || !strings.Contains(stderr.String(), addr) {
		t.Errorf("the address is in use: got %d and %s", code, stderr.String())
	}
}

// A shell runs the command that is printed for another terminal, over HTTP and HTTPS. The action in it ends.
func TestPrintedCommand(t *testing.T) {
	t.Parallel()
	certificate := filepath.Join(t.TempDir(), "it's the certificate.pem")
	for _, args := range [][]string{{"-scenario", "done", "-strict"}, {"-scenario", "done", "-tls", certificate}} {
		s := launch(t, args...)
		_, command, _ := strings.Cut(s.stderr.String(), ":\n\n")
		command, _, _ = strings.Cut(command, "\n")
		shell := exec.CommandContext(t.Context(), "sh", "-c", command)
		shell.Dir = "../.."
		if out, err := shell.CombinedOutput(); err != nil || !strings.Contains(string(out), "done") {
			t.Errorf("%s\n%v\n%s\n%s", command, err, out, s.stderr.String())
		}
	}
	if s := launch(t); !strings.Contains(s.stderr.String(), " "+strconv.Itoa(exampleID)+"\n") {
		t.Errorf("with all scenarios: %s", s.stderr.String())
	}
}
