package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// command runs the command in this process.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return typed(t, "", args...)
}

// typed runs the command with this on standard input.
func typed(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// awsEnv is an environment in which the AWS SDK finds everything without looking around.
func awsEnv(endpoint string) []string {
	return []string{
		"AWS_ACCESS_KEY_ID=simulated", "AWS_SECRET_ACCESS_KEY=simulated", "AWS_SESSION_TOKEN=" + sessionToken,
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=", "AWS_PROFILE=", "AWS_MAX_ATTEMPTS=1",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + endpoint, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=", "AWS_CONTAINER_CREDENTIALS_FULL_URI=", "AWS_WEB_IDENTITY_TOKEN_FILE=",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
}

const sessionToken = "FwoGZXIvYXdzECANARYtokenOfTheSession0123456789abcdef"

// setAWS makes that the environment of a test, which then cannot be parallel.
func setAWS(t *testing.T, endpoint string) {
	t.Helper()
	for _, pair := range awsEnv(endpoint) {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
}

// write writes a file.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// inFile writes a new file, and returns its path.
func inFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.json")
	write(t, path, text)
	return path
}

// credentialsFile writes a secret with the canary to a file.
func credentialsFile(t *testing.T, url, level string) string {
	t.Helper()
	const secret = `{"api_url": %q, "api_key_id": "7", "api_key": %q, "security_level": %q}`
	return inFile(t, fmt.Sprintf(secret, url, xdrtest.Canary, level))
}

// load returns an embedded scenario.
func load(t *testing.T, name string) xdrtest.Scenario {
	t.Helper()
	scenario, err := xdrtest.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return scenario
}

// tenant starts one with these actions, and returns the flags that lead to it.
func tenant(t *testing.T, actions ...xdrtest.Scenario) (*xdrtest.Sim, []string) {
	t.Helper()
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: actions, RateLimit: -1})
	return sim, []string{"--credentials", inFile(t, sim.SecretValue()), "--allow-origin", sim.URL()}
}

// Ids of the embedded scenarios.
const (
	doneID    = "22519813685301"
	failedID  = "22519813685302"
	pendingID = "22519813685314"
)
