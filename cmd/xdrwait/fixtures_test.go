package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// command runs the command in this process.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// write writes a file.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// credentialsFile writes a secret with the canary to a file.
func credentialsFile(t *testing.T, url, level string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "acme.json")
	write(t, file, fmt.Sprintf(`{"api_url": %q, "api_key_id": "7", "api_key": %q, "security_level": %q}`, url, xdrtest.Canary, level))
	return file
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
	file := filepath.Join(t.TempDir(), "acme.json")
	write(t, file, sim.SecretValue())
	return sim, []string{"--credentials", file, "--allow-origin", sim.URL()}
}

// Ids of the embedded scenarios.
const (
	doneID    = "22519813685301"
	failedID  = "22519813685302"
	pendingID = "22519813685366"
)
