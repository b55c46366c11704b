package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const (
	asCommand    = "XDRWAIT_TEST_AS_COMMAND" // in the environment: this test binary runs as the command
	awsEndpoint  = "AWS_ENDPOINT_URL_SECRETS_MANAGER"
	sessionToken = "FwoGZXIvYXdzECANARYtokenOfTheSession0123456789abcdef"
	watchdog     = 30 * time.Second
)

// As a process that start makes, this is the command. As the tests, it has an environment in which the AWS SDK finds
// everything but the endpoint without looking around, and a terminal can draw.
func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID":           "simulated",
		"AWS_SECRET_ACCESS_KEY":       "simulated",
		"AWS_SESSION_TOKEN":           sessionToken,
		"AWS_REGION":                  "us-east-1",
		"AWS_MAX_ATTEMPTS":            "1",
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"TERM":                        "xterm-256color",
	} {
		_ = os.Setenv(name, value)
	}
	os.Exit(m.Run())
}

// command runs the command in this process.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, nil, &out, &errs)
	return code, out.String(), errs.String()
}

// process is the command as a process of its own, with its signals and its standard logger.
type process struct {
	*exec.Cmd

	stdout, stderr output
}

// start starts the command with more environment, once change has been made. It does not outlive the test or the
// watchdog.
func start(t *testing.T, change func(*process), env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), watchdog)
	p := &process{Cmd: exec.CommandContext(ctx, self, args...)}
	p.Env = append(append(os.Environ(), asCommand+"=1"), env...)
	p.Stdout = &p.stdout
	p.Stderr = &p.stderr
	t.Cleanup(func() {
		cancel()
		_ = p.Wait()
	})
	if change != nil {
		change(p)
	}
	must(t, p.Start())
	return p
}

// end waits until the process has ended and returns its exit code, -1 after a signal.
func (p *process) end() int {
	_ = p.Wait() // the state tells
	return p.ProcessState.ExitCode()
}

// output is what a process has written until now.
type output struct{ lambdatest.Buffer }

// await waits until a text has been written.
func (o *output) await(t *testing.T, text string) {
	t.Helper()
	until(t, fmt.Sprintf("%q is written", text), func() bool { return strings.Contains(o.String(), text) })
}

// until waits for something.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(watchdog); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%v have passed before %s", watchdog, what)
		}
	}
}

// inFile writes a new file, and returns its path.
func inFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.json")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// goodSecret holds the canary. URL stands for the tenant's address.
const goodSecret = `{"api_url": "URL", "api_key_id": "7", "api_key": "` + xdrtest.Canary + `", "security_level": "advanced"}`

// load returns an embedded scenario.
func load(t *testing.T, name string) xdrtest.Scenario {
	t.Helper()
	scenario, err := xdrtest.Load(name)
	must(t, err)
	return scenario
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
