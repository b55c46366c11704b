package main

import (
	"bytes"
	"context"
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

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

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
		{[]string{"-addr", "example.com:80"}, 2, "loopback"},
		{[]string{"-addr", "192.168.0.1:0"}, 2, "loopback"},
		{[]string{"-addr", "127.0.0.1"}, 2, "HOST:PORT"},
		{[]string{"-speed", "0"}, 2, "-speed"},
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
		{[]string{"-addr", "127.1.2.3:8080", "-scenario", "nothing"}, 1, "nothing"},
		{[]string{"-addr", "[::1]:0", "-scenario", "nothing"}, 1, "nothing"},
		{[]string{"-scenario", "done", "-scenario", "done"}, 1, "same group_action_id"},
		{[]string{"-tls", "/nowhere/ca.pem"}, 1, "/nowhere"},
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

type sim struct {
	env    map[string]string // what it printed
	hup    chan os.Signal
	stderr *lambdatest.Buffer
	stop   func() int // ends it and returns its exit code
}

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

// ask asks with a standard key, as a client that names no Content-Type.
func (s sim) ask(t *testing.T, id string) string {
	t.Helper()
	url := s.env["XDR_API_URL"] + "/public_api/v1/actions/get_action_status"
	body := strings.NewReader(`{"request_data":{"group_action_id":` + id + `}}`)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body) // the address was printed
	r.Header.Set("X-Xdr-Auth-Id", s.env["XDR_API_KEY_ID"])
	r.Header.Set("Authorization", s.env["XDR_API_KEY"])
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body) // half an answer is not what is wanted
	return string(b)
}

func TestRun(t *testing.T) {
	t.Parallel()
	s := launch(t, "-security-level", "standard", "-base-path", "/tenant", "-rate-limit", "-1", "-print-key")
	if s.env["XDR_API_URL"] != s.env["XDR_ALLOWED_ORIGINS"]+"/tenant" {
		t.Errorf("got %v", s.env)
	}
	if got := s.ask(t, "22519813685314"); strings.Count(got, `"IN_PROGRESS"`) != 1 {
		t.Errorf("pending: got %s", got)
	}
	if got := s.ask(t, strconv.Itoa(exampleID)); strings.Count(got, `"PENDING"`) != 23 {
		t.Errorf("any other id: got %s", got)
	}
	s.hup <- syscall.SIGHUP
	s.hup <- syscall.SIGHUP // taken only when the first one is done
	if got := s.ask(t, "12345"); !strings.Contains(got, `"err_code":401`) {
		t.Errorf("the old key got %s", got)
	}
	endpoint := s.env["AWS_ENDPOINT_URL_SECRETS_MANAGER"]
	id := s.env["XDR_TENANT_SECRET_PREFIX"] + "acme"
	secrets := secretsmanager.New(secretsmanager.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	fresh, err := secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil || strings.Contains(*fresh.SecretString, s.env["XDR_API_KEY"]) {
		t.Errorf("the secret has the old key, or %v", err)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	log := s.stderr.String()
	if strings.Count(log, "api request") != 3 || xdrtest.Leak(log, s.env["XDR_API_KEY"]) != "" {
		t.Errorf("logged %s", log)
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
	if got := s.ask(t, "5"); !strings.Contains(got, `"MINE"`) {
		t.Errorf("got %s", got)
	}
	if got := s.ask(t, "6"); got != `{"reply":{"data":{}}}` {
		t.Errorf("an unknown id got %s", got)
	}
	const late = "22519813685308"
	s.ask(t, late)
	if got := s.ask(t, late); strings.Count(got, `"COMPLETED_SUCCESSFULLY"`) != 3 {
		t.Errorf("got %s", got)
	}
}

// A shell runs the command that is printed for another terminal, over HTTP and HTTPS, and the action in it ends. The
// key is not printed unasked.
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
	s := launch(t)
	if log := s.stderr.String(); !strings.Contains(log, " "+strconv.Itoa(exampleID)+"\n") || s.env["XDR_API_KEY"] != "" {
		t.Errorf("with all scenarios: %s, %v", log, s.env)
	}
}
